import ChildProcesses
import Logging

/// An ffmpeg of the gateway, between two pipes. What it says goes to the log, for those who debug.
final class GatewayChild: Sendable {
    let process: ChildProcess
    private let input: DescriptorWriter
    private let output: DescriptorReader
    private let draining: Task<String, Never>

    /// - Throws: ``SystemError``, with `ENOENT` where ffmpeg is not installed.
    init(_ arguments: [String], logger: Logger) throws(SystemError) {
        let options = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"]
        let command = ChildCommand("ffmpeg", options + arguments)
        process = try ChildProcess(command, standardInput: .pipe, standardOutput: .pipe, standardError: .pipe)
        guard let input = process.standardInput, let output = process.standardOutput,
            let errors = process.standardError
        else { preconditionFailure("all three are pipes") }
        logger.debug("runs \(command)")
        do throws(SystemError) {
            self.input = try DescriptorWriter(input, what: "ffmpeg")
            self.output = try DescriptorReader(output, what: "what ffmpeg writes")
            let reader = try DescriptorReader(errors, what: "what ffmpeg says")
            draining = Task { await Self.drain(reader, logger) }
        } catch {
            process.signalGroup(9)
            throw error
        }
    }

    /// Writes to its standard input.
    ///
    /// - Returns: false when it takes no more.
    func write(_ bytes: [UInt8]) async throws -> Bool { try await input.write(bytes) == .written }

    /// Tells it that this was all.
    func endInput() { input.close() }

    /// What it writes to standard output.
    var pieces: DescriptorReader { output }

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
