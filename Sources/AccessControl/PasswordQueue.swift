import Dispatch
import Synchronization

/// Where passwords are hashed: beside the event loops, some at once, the others in their order.
final class PasswordQueue: Sendable {
    /// Passwords that are hashed at once: a hash takes a processor for tens of milliseconds, and the relay needs the others.
    static let width = 2

    private struct State {
        var runningCount = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let queue = DispatchQueue(label: "passwords", attributes: .concurrent)
    private let state = Mutex(State())

    /// How many wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Does what takes long, when it is its turn.
    func run(_ work: @escaping @Sendable () -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let job = { @Sendable in continuation.resume(returning: work()) }
            let begins = state.withLock { state in
                if state.runningCount == Self.width {
                    state.waiting.append(job)
                    return false
                }
                state.runningCount += 1
                return true
            }
            if begins { start(job) }
        }
    }

    private func start(_ job: @escaping @Sendable () -> Void) {
        queue.async {
            job()
            let next = self.state.withLock { state in
                if state.waiting.isEmpty {
                    state.runningCount -= 1
                    return nil as (@Sendable () -> Void)?
                }
                return state.waiting.removeFirst()
            }
            if let next { self.start(next) }
        }
    }
}
