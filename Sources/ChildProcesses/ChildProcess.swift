import SpawnShims
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A running child: the leader of its own process group, which does not outlive this process however that ends.
///
/// A small guard process watches a pipe from this one. When the pipe closes without a farewell (a crash, `kill -9`), the guard
/// kills the child's group. When the leader ends, what is left of its group is killed before it is reaped.
public final class ChildProcess: Sendable {
    /// Where one of the child's standard descriptors leads.
    public enum Endpoint: Sendable {
        /// `/dev/null`.
        case null
        /// A new pipe, whose other end is ``ChildProcess/standardInput`` and so on.
        case pipe
        /// That descriptor, which stays its owner's.
        case descriptor(Int32)
    }

    public let command: ChildCommand
    /// Also the number of its process group.
    public let pid: Int32
    /// The write end of the child's standard input, if that is a pipe.
    public let standardInput: OwnedDescriptor?
    /// The read end of the child's standard output, if that is a pipe.
    public let standardOutput: OwnedDescriptor?
    /// The read end of the child's standard error, if that is a pipe. It must be read, or the child comes to a halt.
    public let standardError: OwnedDescriptor?

    private enum State {
        case running(waiting: [CheckedContinuation<ExitStatus, Never>])
        case ended(ExitStatus)
    }

    private let state = Mutex(State.running(waiting: []))

    /// Starts a command.
    ///
    /// - Throws: ``SystemError``, with `ENOENT` when there is no such program. Nothing is left running then.
    public init(
        _ command: ChildCommand, standardInput: Endpoint = .null, standardOutput: Endpoint = .null,
        standardError: Endpoint = .null
    ) throws(SystemError) {
        // A child that has gone away is an error of the write, never the end of this process.
        signal(SIGPIPE, SIG_IGN)
        guard let path = ExecutableSearch.find(command.program) else {
            throw SystemError(ENOENT, "start \(command.program)")
        }
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let input = try Connection(standardInput, null: null, childReads: true)
        let output = try Connection(standardOutput, null: null, childReads: false)
        let errors = try Connection(standardError, null: null, childReads: false)
        let child = try Self.spawn(
            command, path: path, descriptors: (input.childEnd, output.childEnd, errors.childEnd))
        self.command = command
        self.pid = child.pid
        self.standardInput = input.ownEnd
        self.standardOutput = output.ownEnd
        self.standardError = errors.ownEnd
        // Own ends of the child are closed only here, after the fork.
        withExtendedLifetime((null, input, output, errors)) {}
        try waitOnThread(for: child)
    }

    /// Waits for the end of the child. Cancellation does not interrupt it: stop the child instead.
    public func exitStatus() async -> ExitStatus {
        await withCheckedContinuation { continuation in
            let status: ExitStatus? = state.withLock { state in
                switch state {
                case .ended(let status): return status
                case .running(let waiting):
                    state = .running(waiting: waiting + [continuation])
                    return nil
                }
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// How it ended, or nil while it runs.
    public var endedWith: ExitStatus? {
        state.withLock { state in
            if case .ended(let status) = state { status } else { nil }
        }
    }

    /// Sends a signal to the child's group. Does nothing once it has ended.
    public func signalGroup(_ number: Int32) {
        state.withLock { state in
            // The leader is reaped under this lock, so that the number cannot be another's by now.
            if case .running = state { kill(-pid, number) }
        }
    }

    /// Ends the child: SIGTERM to its group, and SIGKILL if it still runs after `grace`.
    public func stop(grace: Duration = .seconds(3)) async -> ExitStatus {
        signalGroup(SIGTERM)
        // Unstructured, because the caller may have been cancelled, which would make the grace zero.
        let killing = Task.detached { [self] in
            try await Task.sleep(for: grace)
            signalGroup(SIGKILL)
        }
        let status = await exitStatus()
        killing.cancel()
        return status
    }

    private func waitOnThread(for child: trickle_child) throws(SystemError) {
        do throws(SystemError) {
            try DedicatedThread.start { [self] in
                _ = trickle_wait_for_end(child.pid)
                let waiting = reap(child)
                trickle_release_guard(child)
                let status = endedWith ?? .exited(0)
                for continuation in waiting { continuation.resume(returning: status) }
            }
        } catch {
            _ = reap(child)
            trickle_release_guard(child)
            throw error
        }
    }

    /// Kills what is left of the child's group, and takes the child's status, and with it its number.
    ///
    /// - Returns: Those who wait for the status.
    private func reap(_ child: trickle_child) -> [CheckedContinuation<ExitStatus, Never>] {
        state.withLock { state in
            kill(-child.pid, SIGKILL)
            var waitStatus: Int32 = 0
            _ = trickle_reap(child.pid, &waitStatus)
            guard case .running(let waiting) = state else { return [] }
            state = .ended(ExitStatus(waitStatus: waitStatus))
            return waiting
        }
    }
}

extension ChildProcess {
    /// Both ends of one of the child's standard descriptors.
    private struct Connection {
        let childEnd: Int32
        let ownEnd: OwnedDescriptor?
        private let childPipeEnd: OwnedDescriptor?

        init(_ endpoint: Endpoint, null: OwnedDescriptor, childReads: Bool) throws(SystemError) {
            switch endpoint {
            case .null: (childEnd, ownEnd, childPipeEnd) = (null.rawValue, nil, nil)
            case .descriptor(let number): (childEnd, ownEnd, childPipeEnd) = (number, nil, nil)
            case .pipe:
                let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
                let theirs = childReads ? readEnd : writeEnd
                (childEnd, ownEnd, childPipeEnd) = (theirs.rawValue, childReads ? writeEnd : readEnd, theirs)
            }
        }
    }

    private static func spawn(
        _ command: ChildCommand, path: String, descriptors: (Int32, Int32, Int32)
    ) throws(SystemError) -> trickle_child {
        var environment = currentEnvironment()
        for (name, value) in command.environment { environment[name] = value }
        let arguments = CStringArray([command.program] + command.arguments)
        let variables = CStringArray(environment.map { "\($0.key)=\($0.value)" })
        var child = trickle_child()
        let limits = command.limits.map {
            trickle_limits(
                memory: UInt64($0.memoryByteCount ?? 0), cpu_seconds: UInt64($0.processorSeconds ?? 0),
                niceness: Int32($0.niceness))
        }
        let failure = Self.withOptionalPointer(to: limits) { limits in
            trickle_spawn(
                path, arguments.pointers, variables.pointers, command.directory, limits,
                descriptors.0, descriptors.1, descriptors.2, &child)
        }
        guard failure == 0 else { throw SystemError(failure, "start \(command.program)") }
        return child
    }

    private static func withOptionalPointer<Value, Result>(
        to value: Value?, _ body: (UnsafePointer<Value>?) -> Result
    ) -> Result {
        guard let value else { return body(nil) }
        return withUnsafePointer(to: value) { body($0) }
    }

    private static func currentEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }
}
