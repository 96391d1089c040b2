import NIOCore

/// Asks again whether a client may do what it is doing, because rules have changed since it was let in.
///
///     tick ─► known at once ────────────► the decision
///      ▲ └──► asking ─► decided ───────────────┘
///      └─────────────── nobody can tell
///
/// Lives and is called on one event loop.
final class AccessRenewal {
    /// Gets the decision, once.
    typealias Ending = (AccessDecision) -> Void

    /// How often it asks, about once a second, before it is a no that nobody can tell.
    private static let maximumAttemptCount = 60

    private let question: AccessQuestion
    private let policy: any AccessPolicy
    private let eventLoop: any EventLoop
    private var ending: Ending?
    private var asking: Task<Void, Never>?
    private var attemptCount = 0

    init(
        _ question: AccessQuestion, _ policy: any AccessPolicy, _ eventLoop: any EventLoop, _ ending: @escaping Ending
    ) {
        self.question = question
        self.policy = policy
        self.eventLoop = eventLoop
        self.ending = ending
    }

    /// To be called about once a second.
    func tick() {
        guard ending != nil, asking == nil else { return }
        attemptCount += 1
        if let decision = policy.knownDecision(on: question) { return take(decision) }
        let renewal = NIOLoopBound(self, eventLoop: eventLoop)
        asking = Task { [policy, question, eventLoop] in
            let decision = await policy.decision(on: question)
            eventLoop.execute { renewal.value.answered(decision) }
        }
    }

    func cancel() {
        asking?.cancel()
        (asking, ending) = (nil, nil)
    }

    private func answered(_ decision: AccessDecision) {
        guard asking != nil else { return }
        asking = nil
        take(decision)
    }

    private func take(_ decision: AccessDecision) {
        switch decision {
        case .refused(.undecided), .refused(.tooManyFailures):
            // Who was let in goes on meanwhile.
            if attemptCount < Self.maximumAttemptCount { return }
        case .allowed, .refused: break
        }
        ending.take()?(decision)
    }
}
