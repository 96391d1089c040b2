import ChildProcesses
import Logging
import MPEGTS
import Synchronization
import TrickleKit

/// An ffmpeg that sends a channel on to a media server. It is started when the stream has told what it is made of.
final class PushSink: SegmentSink {
    /// What is read to find out what the stream is made of: the tables are at the start of each segment.
    private static let maximumLookBytes = 256 << 10

    private enum State {
        case looking([UInt8])
        case pushing(LoggedChild, DescriptorWriter)
        case ended
    }

    private let url: String
    private let timeout: Duration
    private let logger: Logger
    private let state = Mutex(State.looking([]))
    private let childEnd = AsyncStream<Never>.makeStream()
    private let stalled: Mutex<Bool> = Mutex(false)

    init(url: String, timeout: Duration, logger: Logger) {
        self.url = url
        self.timeout = timeout
        self.logger = logger
    }

    var departure: AsyncStream<Never>? { childEnd.stream }

    func begin(_ sequence: SequenceNumber) -> SinkDisposition { .goOn }

    func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        var bytes = bytes
        let looked: [UInt8]? = state.withLock { state in
            guard case .looking(let before) = state else { return nil }
            state = .looking(before + bytes)
            return before + bytes
        }
        if let looked {
            guard let codecs = Self.codecs(of: looked) else {
                if looked.count < Self.maximumLookBytes { return .goOn }
                throw ToolFailure(
                    "the channel is no MPEG-TS with a program in it: it cannot be pushed to a media server")
            }
            try start(codecs)
            bytes = looked
        }
        guard case .pushing(let child, let writer) = state.withLock({ $0 }) else { return .stop }
        let watch = SilenceWatch(limit: timeout + .seconds(2)) { [self] in
            stalled.withLock { $0 = true }
            Task { await child.stop() }
        }
        watch.isAwaited()
        defer { withExtendedLifetime(watch) {} }
        return try await writer.write(bytes) == .written ? .goOn : .stop
    }

    func end(isWhole: Bool) {}

    /// Lets ffmpeg come to its end.
    ///
    /// - Throws: ``ToolFailure`` when it has ended by itself, whatever it says of that.
    func finish(isStopped: Bool) async throws {
        let before = state.withLock { state in
            defer { state = .ended }
            return state
        }
        guard case .pushing(let child, let writer) = before else { return }
        let endedByItself = child.process.endedWith != nil
        writer.close()
        if isStopped && !endedByItself {
            // It has nothing left to read, and takes its leave of the server.
            let patience = Task.detached {
                try await Task.sleep(for: .milliseconds(500))
                await child.stop(grace: .milliseconds(100))
            }
            _ = await child.end()
            patience.cancel()
            return
        }
        let patience = Task.detached { [timeout] in
            try await Task.sleep(for: timeout)
            await child.stop()
        }
        defer { patience.cancel() }
        let shown = Credentials.hidden(in: url)
        if stalled.withLock({ $0 }) { throw ToolFailure("'\(shown)' took nothing for \(timeout)") }
        try await child.succeed("push to '\(shown)'")
        if endedByItself { throw ToolFailure("ffmpeg ended though '\(shown)' was to have more") }
    }

    private func start(_ codecs: Set<String>) throws {
        let child = try LoggedChild(
            PushCommand.push(to: url, codecs: codecs, timeout: timeout), standardInput: .pipe, logger: logger)
        guard let input = child.process.standardInput else { preconditionFailure("standard input is a pipe") }
        let writer = try child.orKilling { try DescriptorWriter(input, what: "ffmpeg") }
        state.withLock { $0 = .pushing(child, writer) }
        Task { [childEnd] in
            _ = await child.end()
            childEnd.continuation.finish()
        }
    }

    /// What the programs of a transport stream's beginning are made of; nil while it does not tell.
    private static func codecs(of bytes: [UInt8]) -> Set<String>? {
        var analyzer = StreamAnalyzer()
        do {
            try analyzer.receive(bytes.span.bytes, now: .zero)
            let programs = try analyzer.finish().programs
            if programs.isEmpty || !programs.allSatisfy(\.hasMap) { return nil }
            return Set(programs.flatMap(\.streams).map(\.codec))
        } catch {
            return nil
        }
    }
}
