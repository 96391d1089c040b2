import SpawnShims

/// A thread for work that blocks. Pools (Dispatch, Swift's own) have few threads, and a blocked one delays everybody else.
public enum DedicatedThread {
    /// Runs `work` on a new thread, which ends with it.
    ///
    /// - Throws: ``SystemError`` when the system gives no more threads; then `work` does not run.
    public static func start(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
        let box = Unmanaged.passRetained(Box(work))
        let failure = trickle_start_thread(
            { argument in Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work() }, box.toOpaque())
        guard failure == 0 else {
            box.release()
            throw SystemError(failure, "start a thread")
        }
    }

    private final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
}
