import ChildProcesses
import Logging
import NIOConcurrencyHelpers

/// An ffmpeg of the gateway, between two pipes. What it says goes to the log, for those who debug.
final class GatewayChild: Sendable {
    /// For how long it may be given something and write nothing.
    static let maximumSilentSeconds = 30

    let process: ChildProcess
    private let input: DescriptorWriter
    private let output: DescriptorReader
    private let draining: Task<String, Never>
    private let silence = NIOLockedValueBox(SilentSeconds(limit: maximumSilentSeconds))

    /// - Throws: ``SystemError``, with `ENOENT` where ffmpeg is not installed. Nothing is left running then.
    init(
        _ program: String = "ffmpeg", _ arguments: [String], limits: ChildLimits, logger: Logger
    ) throws(SystemError) {
        // Each thread of a filter has memory of its own.
        let options = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-filter_threads", "1"]
        let command = ChildCommand(program, options + arguments, limits: limits)
        process = try ChildProcess(command, standardInput: .pipe, standardOutput: .pipe, standardError: .pipe)
        guard let input = process.standardInput, let output = process.standardOutput,
            let errors = process.standardError
        else { preconditionFailure("all three are pipes") }
        logger.debug("runs \(command)")
        var writer: DescriptorWriter?
        do throws(SystemError) {
            let writing = try DescriptorWriter(input, what: "ffmpeg")
            writer = writing
            self.input = writing
            self.output = try DescriptorReader(output, what: "what ffmpeg writes")
            let reader = try DescriptorReader(errors, what: "what ffmpeg says")
            draining = Task { await Self.drain(reader, logger) }
        } catch {
            process.signalGroup(9)
            // Its thread ends with that, and those of the readers with the child.
            writer?.close()
            throw error
        }
        Task { [weak self] in
            while let self, self.process.endedWith == nil {
                if self.silence.withLockedValue({ $0.secondPassed() }) {
                    logger.warning(
                        "an ffmpeg is killed: it got bytes and wrote nothing for \(Self.maximumSilentSeconds) s")
                    return self.process.signalGroup(9)
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Writes to its standard input.
    ///
    /// - Returns: false when it takes no more.
    func write(_ bytes: [UInt8]) async throws -> Bool {
        silence.withLockedValue { $0.offered() }
        defer { silence.withLockedValue { $0.taken() } }
        return try await input.write(bytes) == .written
    }

    /// Tells it that this was all.
    func endInput() { input.close() }

    /// What it writes to standard output. Whoever reads it says so with ``hasWritten()``.
    var pieces: DescriptorReader { output }

    /// Something that it wrote has been read.
    func hasWritten() { silence.withLockedValue { $0.wrote() } }

    /// Ends it, and lets go of its pipes.
    ///
    /// - Returns: how it ended, and the last that it said.
    @discardableResult
    func stop() async -> (status: ExitStatus, lastWords: String) {
        input.close()
        output.stop()
        let status = await process.stop(grace: .seconds(1))
        return (status, await draining.value)
    }

    /// Waits for its end.
    func end() async -> (status: ExitStatus, lastWords: String) {
        (await process.exitStatus(), await draining.value)
    }

    private static func drain(_ reader: DescriptorReader, _ logger: Logger) async -> String {
        var splitter = LineSplitter()
        var last = ""
        func take(_ line: String) {
            last = line
            logger.debug("ffmpeg: \(line)")
        }
        do {
            for try await piece in reader { splitter.receive(piece).forEach(take) }
        } catch {
            logger.debug("\(error)")
        }
        if let line = splitter.finish() { take(line) }
        return last
    }
}
