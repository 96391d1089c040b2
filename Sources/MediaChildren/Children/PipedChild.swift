import ChildProcesses
import Logging
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A child between two pipes, which makes something of what is written to it. One that is given bytes and writes nothing for too long is killed.
package final class PipedChild: Sendable {
    /// For how long it may be given something and write nothing.
    package static let maximumSilentSeconds = 30

    package let process: ChildProcess
    private let child: LoggedChild
    private let input: DescriptorWriter
    private let output: DescriptorReader
    private let silence = Mutex(SilentSeconds(limit: maximumSilentSeconds))

    /// - Parameters:
    ///   - permit: Its place in a budget, which it holds until its end.
    ///   - loudest: What it says goes to the log at this level or below it.
    /// - Throws: ``MissingProgram``; ``SystemError``. Nothing is left running then.
    package init(_ command: ChildCommand, permit: ChildPermit, loudest: Logger.Level, logger: Logger) throws {
        let child = try LoggedChild(
            command, standardInput: .pipe, standardOutput: .pipe, permit: permit, loudest: loudest, logger: logger)
        self.child = child
        process = child.process
        guard let input = process.standardInput, let output = process.standardOutput else {
            preconditionFailure("both are pipes")
        }
        let name = child.name
        let writer = try child.orKilling { try DescriptorWriter(input, what: name) }
        do {
            self.output = try child.orKilling { try DescriptorReader(output, what: "what \(name) writes") }
        } catch {
            // Its thread ends with that.
            writer.close()
            throw error
        }
        self.input = writer
        Task { [weak self] in
            while let self, self.process.endedWith == nil {
                if self.silence.withLock({ $0.secondPassed() }) {
                    logger.warning(
                        "\(name) is killed: it got bytes and wrote nothing for \(Self.maximumSilentSeconds) s")
                    return self.process.signalGroup(SIGKILL)
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Writes to its standard input.
    ///
    /// - Returns: false when it takes no more.
    package func write(_ bytes: [UInt8]) async throws -> Bool {
        silence.withLock { $0.offered() }
        defer { silence.withLock { $0.taken() } }
        return try await input.write(bytes) == .written
    }

    /// Tells it that this was all.
    package func endInput() { input.close() }

    /// What it writes to standard output. Whoever reads it says so with ``hasWritten()``.
    package var pieces: DescriptorReader { output }

    /// Something that it wrote has been read.
    package func hasWritten() { silence.withLock { $0.wrote() } }

    /// Ends it, and lets go of its pipes.
    ///
    /// - Returns: how it ended, and the last that it said.
    @discardableResult
    package func stop() async -> (status: ExitStatus, lastWords: String) {
        input.close()
        output.stop()
        let status = await child.stop(grace: .seconds(1))
        return (status, child.lastWords)
    }

    /// Waits for its end.
    package func end() async -> (status: ExitStatus, lastWords: String) {
        let status = await child.end()
        return (status, child.lastWords)
    }
}
