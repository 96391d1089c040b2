import NIOConcurrencyHelpers

/// Calls from the relay's own program to its event loops: none begins once the relay goes down, and it does not go before all have ended.
final class LocalCalls: Sendable {
    private struct State {
        var isClosed = false
        var count = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())

    /// - Returns: whether a call may begin; whoever is told so says ``ended()``.
    func begin() -> Bool {
        state.withLockedValue { state in
            if !state.isClosed { state.count += 1 }
            return !state.isClosed
        }
    }

    func ended() {
        state.withLockedValue { state in
            state.count -= 1
            return state.count == 0 ? state.waiter.take() : nil
        }?.resume()
    }

    /// Lets no more begin, and returns when all have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let isQuiet = state.withLockedValue { state in
                state.isClosed = true
                if state.count > 0 { state.waiter = continuation }
                return state.count == 0
            }
            if isQuiet { continuation.resume() }
        }
    }
}
