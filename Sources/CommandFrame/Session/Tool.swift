import ArgumentParser
import ChildProcesses
import Dispatch
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A command-line tool: options, and one function that does the work.
///
/// Its `main` adds what all tools have in common: options from the environment, one-line errors, signals, exit codes.
public protocol Tool: AsyncParsableCommand {
    var logOptions: LogOptions { get }

    /// Whether a signal is the usual way to end it, so that a clean stop has exit code 0.
    static var endsBySignal: Bool { get }

    /// Whether SIGHUP has a meaning of its own, other than to stop.
    var hasOwnHangup: Bool { get }

    /// Options that do nothing beside the others, which is told where they were typed.
    var idleOptions: [IdleOption] { get }

    /// The arguments with what else says how the tool is to run: the environment, and for some tools a file.
    ///
    /// - Throws: what is wrong with the environment.
    static func complete(_ arguments: [String]) throws -> [String]

    /// Does the work. Returns when it is done, or soon after `session.stop` was made.
    mutating func run(_ session: ToolSession) async throws
}

extension Tool {
    public static var endsBySignal: Bool { false }
    public var hasOwnHangup: Bool { false }
    public var idleOptions: [IdleOption] { [] }

    public static func complete(_ arguments: [String]) throws -> [String] {
        try EnvironmentArguments(for: Self.self).complete(arguments)
    }

    public static func main() { start(Array(CommandLine.arguments.dropFirst())) }

    /// Runs the tool with arguments, and ends the process.
    package static func start(_ arguments: [String]) -> Never {
        // A reader that has gone, and a file that may not grow, are errors of a write, and told as such.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // Before anything runs on a pool: that waits for ever for a thread that the system does not give.
        SystemRoom.suitLimits()
        do { try SystemRoom.forTools.check() } catch {
            Console().write(line: "\(_commandName): error: \(error)")
            leave(ToolExit.failure.rawValue)
        }
        Task { await leave(run(arguments: arguments)) }
        dispatchMain()
    }

    /// Parses the arguments, runs the tool and tells its exit code.
    static func run(arguments: [String]) async -> Int32 {
        let console = Console()
        var tool: Self
        do {
            tool = try parse(complete(arguments))
        } catch {
            return quit(parsing: error, of: arguments, console: console)
        }
        let session = ToolSession(tool: _commandName, options: tool.logOptions, console: console)
        // Until the tool has a handler, it is no reason to end either.
        if tool.hasOwnHangup { signal(SIGHUP, SIG_IGN) }
        let stopping = tool.hasOwnHangup ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
        let signals = StopSignals(stopping, session.stop, console: console)
        defer { withExtendedLifetime(signals) {} }
        for option in tool.idleOptions where option.isTyped(in: arguments) { session.logger.warning("\(option)") }
        do {
            try await tool.run(session)
        } catch is CancellationError where session.stop.isMade {
        } catch {
            console.endProgress()
            let failure = ToolFailure(error)
            session.logger.error("\(failure.message)")
            if !session.stop.isMade || endsBySignal { return failure.exit.rawValue }
        }
        console.endProgress()
        if endsBySignal { return ToolExit.success.rawValue }
        return session.stop.signal.map { 128 + $0 } ?? ToolExit.success.rawValue
    }
}

extension SystemRoom {
    /// What every tool needs: a thread for each core, and some for signals, standard streams and libcurl.
    package static var forTools: SystemRoom {
        SystemRoom(threadCount: coreCount + 8, descriptorCount: 32, byteCount: 192 << 20)
    }

    /// That, and so many event loops: a thread and four descriptors for each, and address space for its stack.
    package static func forTools(eventLoopCount: Int) -> SystemRoom {
        var room = forTools
        room.threadCount += eventLoopCount
        room.descriptorCount += 4 * eventLoopCount
        room.byteCount += eventLoopCount * (8 << 20)
        return room
    }

    /// Event loops of the group that a process shares.
    package static var coreCount: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }
}

// The static method of the same name hides the C function.
private func leave(_ code: Int32) -> Never { exit(code) }
