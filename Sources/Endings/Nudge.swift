import Synchronization

/// Wakes somebody who waits for a time, or keeps the wish until they come to wait.
public final class Nudge: Sendable {
    private struct State {
        var isPending = false
        /// Whether the wait in hand is over for another reason.
        var isOver = false
        var waiting: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    public init() {}

    public func give() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            state.isPending = state.waiting == nil
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// Takes a nudge that nobody has waited for yet.
    ///
    /// - Returns: Whether there was one.
    public func take() -> Bool {
        state.withLock { state in
            defer { state.isPending = false }
            return state.isPending
        }
    }

    /// Returns after `time`, at a nudge, or when `stop` is made. For one task at a time.
    ///
    /// - Returns: Whether it was nudged.
    @discardableResult
    public func wait(atMost time: Duration, stop: StopRequest) async -> Bool {
        state.withLock { $0.isOver = false }
        let timer = Task {
            try await Task.sleep(for: time)
            end()
        }
        let registration = stop.whenMade { self.end() }
        defer {
            timer.cancel()
            registration.cancel()
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Bool? = state.withLock { state in
                    if state.isPending || state.isOver {
                        defer { state.isPending = false }
                        return state.isPending
                    }
                    precondition(state.waiting == nil, "a nudge is waited for by one task")
                    state.waiting = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            end()
        }
    }

    private func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: false)
    }
}
