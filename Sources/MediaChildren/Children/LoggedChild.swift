import ChildProcesses
import Endings
import Logging
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A child whose standard error goes to the log, and whose failure says what it said last.
public final class LoggedChild: Sendable {
    public let process: ChildProcess
    /// The program's, without its folder.
    package let name: String
    private let log: ChildLog
    private let draining: Task<Void, Never>
    private let isEndRequested = Mutex(false)

    /// Starts the command; standard input and output lead where they are told to.
    ///
    /// - Parameters:
    ///   - permit: Its place in a budget, which it holds until it and what it says have ended.
    ///   - loudest: What it says goes to the log at this level or below it; nil for what the program itself calls it.
    ///   - isConsumed: Sees each line of standard error first, and takes those that are no messages.
    /// - Throws: ``MissingProgram``; `SystemError` when it cannot be started for another reason.
    public init(
        _ command: ChildCommand, standardInput: ChildProcess.Endpoint = .null,
        standardOutput: ChildProcess.Endpoint = .null, permit: ChildPermit? = nil, loudest: Logger.Level? = nil,
        logger: Logger, isConsumed: @escaping @Sendable (String) -> Bool = { _ in false }
    ) throws {
        name = command.program.split(separator: "/").last.map(String.init) ?? command.program
        logger.debug("runs \(Credentials.hidden(in: "\(command)"))")
        process = try Self.start(command, standardInput: standardInput, standardOutput: standardOutput)
        guard let errors = process.standardError else { preconditionFailure("standard error is a pipe") }
        let what = "what \(name) says"
        let reader = try Self.orKilling(process) { try DescriptorReader(errors, what: what) }
        let log = ChildLog(name: name, loudest: loudest, logger: logger, isConsumed: isConsumed)
        self.log = log
        draining = Task { [process] in
            await log.drain(reader)
            guard let permit else { return }
            _ = await process.exitStatus()
            permit.giveBack()
        }
    }

    /// The last lines that the child wrote to standard error.
    public var lastWords: String { log.lastWords }

    /// Whether ``requestEnd()`` was called: then no exit status is a failure.
    public var wasToldToEnd: Bool { isEndRequested.withLock { $0 } }

    /// Asks the child to finish what it is writing and to end.
    public func requestEnd() {
        isEndRequested.withLock { $0 = true }
        process.signalGroup(SIGTERM)
    }

    /// Ends the child at once, whatever it is doing.
    package func kill() {
        isEndRequested.withLock { $0 = true }
        process.signalGroup(SIGKILL)
    }

    /// Ends the child, gently first.
    ///
    /// - Parameter grace: How long it may take for that.
    @discardableResult
    public func stop(grace: Duration = .seconds(3)) async -> ExitStatus {
        isEndRequested.withLock { $0 = true }
        let status = await process.stop(grace: grace)
        await draining.value
        return status
    }

    /// Waits for the end and for the last of the log.
    public func end() async -> ExitStatus {
        let status = await process.exitStatus()
        await draining.value
        return status
    }

    /// Waits for the end, which has to be a success unless it was asked for.
    ///
    /// - Parameter purpose: Completes the sentence "ffmpeg could not …".
    /// - Throws: ``ToolFailure`` with the child's last words.
    public func succeed(_ purpose: String) async throws {
        let status = await end()
        if status.isSuccess || wasToldToEnd { return }
        // What stands in the log is not said again.
        let words = log.untoldWords
        let reason = words.isEmpty ? "\(status)" : "\(words) (\(status))"
        throw ToolFailure("\(name) could not \(purpose): \(reason)")
    }

    /// A reader or a writer for one of the child's pipes.
    ///
    /// - Throws: What `make` throws; the child, which nobody would serve, is killed then.
    public func orKilling<Value>(_ make: () throws -> Value) throws -> Value {
        try Self.orKilling(process, make)
    }

    private static func orKilling<Value>(_ process: ChildProcess, _ make: () throws -> Value) throws -> Value {
        do { return try make() } catch {
            process.signalGroup(SIGKILL)
            throw error
        }
    }

    private static func start(
        _ command: ChildCommand, standardInput: ChildProcess.Endpoint, standardOutput: ChildProcess.Endpoint
    ) throws -> ChildProcess {
        do {
            return try ChildProcess(
                command, standardInput: standardInput, standardOutput: standardOutput, standardError: .pipe)
        } catch {
            if error.number != ENOENT { throw error }
            throw MissingProgram(program: command.program)
        }
    }
}
