import Suspension
import Synchronization

/// Wakes somebody who waits for a time, or keeps the wish until they come to wait.
public final class Nudge: Sendable {
    private struct State {
        var isPending = false
        /// Whether the wait in hand is over for another reason.
        var isOver = false
        var waiting: CheckedContinuation<Void, Never>?

        mutating func takeWaiting() -> CheckedContinuation<Void, Never>? {
            defer { waiting = nil }
            return waiting
        }
    }

    private let state = Mutex(State())

    public init() {}

    public func give() {
        let waiting = state.withLock { state in
            state.isPending = true
            return state.takeWaiting()
        }
        waiting?.resume()
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
        await state.wait(
            unless: { $0.isPending || $0.isOver },
            keep: { state, continuation in
                precondition(state.waiting == nil, "a nudge is waited for by one task")
                state.waiting = continuation
            },
            onCancel: { end() })
        return take()
    }

    private func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            return state.takeWaiting()
        }
        waiting?.resume()
    }
}
