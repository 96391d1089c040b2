import Synchronization
import TrickleCore

/// The request for a segment that is not there yet, made again as often as the relay ends the wait (204), or is silent for as long as one
/// that gives no sign of life may be, so that one is on the wire when the segment begins.
final class StandingRequest: Sendable {
    let position: SegmentPosition
    private let request: TransferRequest

    private struct State {
        var transfer: Transfer?
        var startedAt: Duration = .zero
    }

    private let state = Mutex(State())

    init(_ position: SegmentPosition, _ request: TransferRequest) {
        self.position = position
        self.request = request
    }

    /// Begins now. Call once.
    func start() {
        let transfer = makeTransfer()
        state.withLock { $0 = State(transfer: transfer, startedAt: .now) }
        transfer.start()
    }

    private func makeTransfer() -> Transfer {
        Transfer(request) { [weak self] transfer in self?.ended(transfer) }
    }

    /// What is under way, or how it ended. It is not made again from now on.
    func take() -> Transfer {
        let transfer = state.withLock { state in
            defer { state.transfer = nil }
            return state.transfer
        }
        guard let transfer else { preconditionFailure("a request is taken once, after its start") }
        return transfer
    }

    func cancel() { state.withLock { $0.transfer.take() }?.cancel() }

    private func ended(_ transfer: Transfer) {
        guard transfer.head?.status == 204 || transfer.waitedInSilence else { return }
        let next = makeTransfer()
        let isWanted = state.withLock { state in
            // One that is answered at once is not made again at once: whoever takes it sees the answer.
            guard state.transfer === transfer, .now - state.startedAt >= .milliseconds(500) else { return false }
            state = State(transfer: next, startedAt: .now)
            return true
        }
        if isWanted { next.start() }
    }
}

extension Transfer {
    /// Whether it has come to the end of the time for which a server that gives no sign of life may be silent.
    var waitedInSilence: Bool {
        guard request.isSilenceLimitedToWait, head == nil, case .failed(let failure) = ending else { return false }
        return failure.kind == .silent
    }
}
