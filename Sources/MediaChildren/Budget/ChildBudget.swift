import Synchronization

/// How many children a program runs, for which purpose.
///
///     let permit = try await budget.permit(for: .picture)
///     let child = try PipedChild(command, permit: permit, …)
///
/// All of a relay's children take from one budget, so that those who watch cannot take from those who publish.
public final class ChildBudget: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<ChildPermit, any Error>
        let timer: Task<Void, any Error>?
    }

    private struct State {
        var places: ChildPlaces
        var waiting: [ChildPlaces.Ticket: Waiter] = [:]
        var lastTicket = 0

        mutating func nextTicket() -> ChildPlaces.Ticket {
            lastTicket += 1
            return lastTicket
        }
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - total: Children in all.
    ///   - share: What a purpose gets of them. No more can be reserved than there are.
    public init(total: Int, _ share: (ChildPurpose) -> ChildShare) {
        state = Mutex(State(places: ChildPlaces(total: total, share)))
    }

    /// How each purpose does, in the order of ``ChildPurpose``.
    public var counts: [ChildCount] {
        state.withLock { state in ChildPurpose.allCases.map { state.places.count(of: $0) } }
    }

    /// Takes a place if there is one now.
    ///
    /// - Throws: ``ChildRefusal``.
    public func permitNow(for purpose: ChildPurpose) throws(ChildRefusal) -> ChildPermit {
        switch state.withLock({ $0.places.ask(for: purpose, as: nil) }) {
        case .granted: return permit(of: purpose)
        case .refused(let refusal): throw refusal
        case .waits: preconditionFailure("only who has a ticket waits")
        }
    }

    /// Takes a place, and waits for one where that may be.
    ///
    /// - Parameter limit: How long that may take; nil for as long as it takes.
    /// - Throws: ``ChildRefusal``; `CancellationError`.
    public func permit(for purpose: ChildPurpose, within limit: Duration? = nil) async throws -> ChildPermit {
        let ticket = state.withLock { $0.nextTicket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { ask(for: purpose, ticket, within: limit, $0) }
        } onCancel: {
            let waiter = state.withLock { state in
                state.places.leave(ticket, of: purpose) ? state.waiting.removeValue(forKey: ticket) : nil
            }
            waiter?.timer?.cancel()
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func ask(
        for purpose: ChildPurpose, _ ticket: ChildPlaces.Ticket, within limit: Duration?,
        _ continuation: CheckedContinuation<ChildPermit, any Error>
    ) {
        let answer: ChildPlaces.Answer? = state.withLock { state in
            // Who is cancelled later is found by its ticket.
            if Task.isCancelled { return nil }
            let answer = state.places.ask(for: purpose, as: ticket)
            if answer == .waits {
                let timer = limit.map { limit in Task { try await self.refuse(ticket, of: purpose, after: limit) } }
                state.waiting[ticket] = Waiter(continuation: continuation, timer: timer)
            }
            return answer
        }
        switch answer {
        case .granted: continuation.resume(returning: permit(of: purpose))
        case .refused(let refusal): continuation.resume(throwing: refusal)
        case .waits: break
        case nil: continuation.resume(throwing: CancellationError())
        }
    }

    private func refuse(_ ticket: ChildPlaces.Ticket, of purpose: ChildPurpose, after limit: Duration) async throws {
        try await Task.sleep(for: limit)
        let refused = state.withLock { state in
            state.places.refuse(ticket, of: purpose).map { ($0, state.waiting.removeValue(forKey: ticket)) }
        }
        if let (refusal, waiter) = refused { waiter?.continuation.resume(throwing: refusal) }
    }

    private func permit(of purpose: ChildPurpose) -> ChildPermit {
        ChildPermit(of: purpose) { [self] in giveBack(purpose) }
    }

    private func giveBack(_ purpose: ChildPurpose) {
        let served = state.withLock { state in
            state.places.giveBack(purpose).map { ($0.purpose, state.waiting.removeValue(forKey: $0.ticket)) }
        }
        for (purpose, waiter) in served {
            waiter?.timer?.cancel()
            waiter?.continuation.resume(returning: permit(of: purpose))
        }
    }
}
