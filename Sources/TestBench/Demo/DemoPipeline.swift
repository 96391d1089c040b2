import ChildProcesses
import Logging
import MediaChildren
import Synchronization

/// The processes between the demo's test pattern and its decoder, and the hands between them.
final class DemoPipeline: Sendable {
    private let commands: DemoCommands
    private let url: String
    private let logger: Logger
    private let source: LoggedChild
    private let publisher: LoggedChild
    private let reader: LoggedChild
    /// What a plain pipe between two programs takes, to compare with.
    private let plainPipe: LoggedChild
    private let state: SharedMeasures

    /// Starts all processes.
    init(_ commands: DemoCommands, url: String, source: ChildCommand, logger: Logger) throws {
        self.commands = commands
        self.url = url
        self.logger = logger
        let state = SharedMeasures()
        self.state = state
        var quietLogger = logger
        if quietLogger.logLevel == .info { quietLogger.logLevel = .warning }
        reader = try LoggedChild(commands.reader(url: url), standardOutput: .pipe, logger: quietLogger) { line in
            state.update { $0.read(readerLine: line) }
        }
        plainPipe = try LoggedChild(
            ChildCommand("cat"), standardInput: .pipe, standardOutput: .pipe, logger: quietLogger)
        publisher = try LoggedChild(commands.publisher(url: url), standardInput: .pipe, logger: quietLogger)
        self.source = try LoggedChild(source, standardOutput: .pipe, logger: quietLogger) { line in
            state.update { $0.read(sourceLine: line) }
        }
    }

    var measures: DemoMeasures { state.update { $0 } }

    /// Lets the source finish, and everything behind it in its turn.
    func requestEnd() { source.requestEnd() }

    /// Passes the bytes on until the source has ended and its last frame is decoded.
    func run() async throws -> DemoMeasures {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.feed() }
                group.addTask { try await self.drain() }
                group.addTask { try await self.drainPlainPipe() }
                try await group.waitForAll()
            }
        } catch {
            for child in [source, publisher, reader, plainPipe] { await child.stop() }
            throw error
        }
        return measures
    }

    /// From the source to the publisher.
    private func feed() async throws {
        let digest = try ByteDigest(logger: logger)
        let input = try Self.reader(of: source, "the source's output")
        let output = try Self.writer(of: publisher, "publish-file")
        let plainOutput = try Self.writer(of: plainPipe, "cat")
        for try await piece in input {
            state.update { $0.ledger.went(in: piece.count, now: .now) }
            guard try await output.write(piece) == .written else { break }
            state.update { $0.plainLedger.went(in: piece.count, now: .now) }
            _ = try await plainOutput.write(piece)
            try await digest.add(piece)
        }
        output.close()
        plainOutput.close()
        try await source.succeed("draw the test pattern")
        try await publisher.succeed("publish it")
        let text = try await digest.finish()
        state.update { $0.sourceDigest = text }
    }

    /// From the subscriber to the decoder.
    private func drain() async throws {
        let digest = try ByteDigest(logger: logger)
        let input = try Self.reader(of: reader, "read2pipe's output")
        let decoder = try LoggedChild(
            DemoCommands.decoder, standardInput: .pipe, standardOutput: .pipe, logger: logger)
        let output = try Self.writer(of: decoder, "the decoder")
        let frames = try Self.reader(of: decoder, "the decoder's output")
        async let counting: Void = countFrames(frames)
        for try await piece in input {
            state.update { $0.ledger.came(out: piece.count, now: .now) }
            try await digest.add(piece)
            guard try await output.write(piece) == .written else { break }
        }
        output.close()
        try await counting
        try await reader.succeed("read the channel")
        try await decoder.succeed("decode what came out")
        let text = try await digest.finish()
        state.update { $0.sinkDigest = text }
    }

    private func drainPlainPipe() async throws {
        for try await piece in try Self.reader(of: plainPipe, "cat's output") {
            state.update { $0.plainLedger.came(out: piece.count, now: .now) }
        }
        try await plainPipe.succeed("copy")
    }

    private func countFrames(_ output: DescriptorReader) async throws {
        var splitter = LineSplitter()
        for try await piece in output {
            let frames = splitter.receive(piece).count { !$0.hasPrefix("#") }
            state.update { $0.framesOut += frames }
        }
    }

    /// Measures how soon somebody who comes in the middle sees something.
    func join(after delay: Duration) async throws {
        try await Task.sleep(for: delay)
        let start = ContinuousClock.now
        let joiner = try LoggedChild(commands.joiner(url: url), standardOutput: .pipe, logger: logger)
        let decoder = try LoggedChild(
            DemoCommands.decoder, standardInput: .pipe, standardOutput: .pipe, logger: logger)
        let feeding = Task {
            let output = try Self.writer(of: decoder, "the decoder")
            var isFirst = true
            for try await piece in try Self.reader(of: joiner, "read2pipe's output") {
                if isFirst { state.update { $0.timeToFirstByte = ContinuousClock.now - start } }
                isFirst = false
                guard try await output.write(piece) == .written else { return }
            }
        }
        var splitter = LineSplitter()
        for try await piece in try Self.reader(of: decoder, "the decoder's output") {
            guard splitter.receive(piece).contains(where: { !$0.hasPrefix("#") }) else { continue }
            state.update { $0.timeToFirstFrame = ContinuousClock.now - start }
            break
        }
        feeding.cancel()
        await joiner.stop()
        await decoder.stop()
    }

    private static func reader(of child: LoggedChild, _ what: String) throws -> DescriptorReader {
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        return try DescriptorReader(output, what: what)
    }

    private static func writer(of child: LoggedChild, _ what: String) throws -> DescriptorWriter {
        guard let input = child.process.standardInput else { preconditionFailure("standard input is a pipe") }
        return try DescriptorWriter(input, what: what)
    }
}

/// The measures, for the tasks that fill them in at the same time.
final class SharedMeasures: Sendable {
    private let measures = Mutex(DemoMeasures())

    func update<Value: Sendable>(_ change: (inout DemoMeasures) -> Value) -> Value {
        measures.withLock { measures in change(&measures) }
    }
}
