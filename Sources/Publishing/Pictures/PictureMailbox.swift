import Suspension
import Synchronization

/// The newest picture, for a relay that may be late for it: where the next comes before it is taken, it is dropped.
final class PictureMailbox: Sendable {
    private struct State {
        var picture: [UInt8]?
        var closedAt: ContinuousClock.Instant?
        var droppedCount = 0
        var taker: CheckedContinuation<Void, Never>?

        mutating func takeTaker() -> CheckedContinuation<Void, Never>? {
            defer { taker = nil }
            return taker
        }
    }

    private let state = Mutex(State())

    /// How many pictures nobody took.
    var droppedCount: Int { state.withLock { $0.droppedCount } }

    /// Since when it is known that no other picture will come; nil while one may.
    var closedAt: ContinuousClock.Instant? { state.withLock { $0.closedAt } }

    /// Puts a picture in the place of the one that is there.
    func put(_ picture: [UInt8]) {
        let taker = state.withLock { state in
            if state.picture != nil { state.droppedCount += 1 }
            state.picture = picture
            return state.takeTaker()
        }
        taker?.resume()
    }

    /// Puts pictures back that were taken, the newest last: it stays where there is no newer one.
    func putBack(_ pictures: [[UInt8]]) {
        guard let newest = pictures.last else { return }
        state.withLock { state in
            let isKept = state.picture == nil
            if isKept { state.picture = newest }
            state.droppedCount += pictures.count - (isKept ? 1 : 0)
        }
    }

    /// No other picture will come.
    func close() {
        let taker = state.withLock { state in
            state.closedAt = .now
            return state.takeTaker()
        }
        taker?.resume()
    }

    /// Takes the newest picture, and waits for it. For one task at a time.
    ///
    /// - Returns: nil when none is there, and none will come.
    /// - Throws: `CancellationError`.
    func next() async throws -> [UInt8]? {
        await state.wait(
            unless: { $0.picture != nil || $0.closedAt != nil },
            keep: { state, continuation in
                precondition(state.taker == nil, "pictures are taken by one task")
                state.taker = continuation
            },
            onCancel: { state.withLock { $0.takeTaker() }?.resume() })
        try Task.checkCancellation()
        return state.withLock { state in
            defer { state.picture = nil }
            return state.picture
        }
    }
}
