import SpawnShims

/// A thread for work that blocks. Pools (Dispatch, Swift's own) have few threads, and a blocked one delays everybody else.
public enum DedicatedThread {
    /// Runs `work` on a new thread, which ends with it.
    public static func start(_ work: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(work)).toOpaque()
        let failure = trickle_start_thread(
            { argument in Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work() }, box)
        precondition(failure == 0, "the system gives no more threads")
    }

    private final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
}
