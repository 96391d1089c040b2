import Synchronization

extension Mutex where Value: ~Copyable {
    /// Suspends the task until somebody resumes its continuation. Not at all where there is nothing to wait for, or where the task is cancelled.
    ///
    /// Whoever resumes takes the continuation away with the same lock. So does `onCancel`, which runs once the task is cancelled: it finds
    /// the continuation, or the task finds its cancellation, in whatever order they come.
    ///
    /// - Parameters:
    ///   - isOver: Whether there is nothing to wait for.
    ///   - keep: Puts the continuation where it is found again.
    ///   - onCancel: Takes the continuation away, and resumes it.
    package borrowing func wait(
        unless isOver: @Sendable (borrowing Value) -> Bool,
        keep: @Sendable (inout Value, CheckedContinuation<Void, Never>) -> Void,
        onCancel: @Sendable () -> Void
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isKept = withLock { value in
                    if Task.isCancelled || isOver(value) { return false }
                    keep(&value, continuation)
                    return true
                }
                if !isKept { continuation.resume() }
            }
        } onCancel: {
            onCancel()
        }
    }
}
