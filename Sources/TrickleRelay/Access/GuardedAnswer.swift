import Logging
import NIOCore

/// An answer that ends when its client is let in no longer: its credentials have expired, or rules have changed.
protocol GuardedAnswer: ResponseWriter {
    var lane: RelayLane { get }
    var client: ClientIdentity? { get }
    /// Whether there is something to end.
    var isUnderWay: Bool { get }
    /// Asks again about the answer; nil for most of the time. Holds it until ``stopAskingAgain()``: a weak reference would make all
    /// counting of its references slow.
    var renewal: AccessRenewal? { get set }
    var logMetadata: Logger.Metadata { get }

    /// Ends what is under way.
    func accessEnded(_ problem: RequestProblem)
}

extension GuardedAnswer {
    /// To be called about once a second.
    func checkAccess(now: NIODeadline) {
        guard let client, isUnderWay else { return }
        if let end = terms?.end, end <= now {
            lane.logger.info(
                "a client's credentials have expired: what they were for ends", metadata: logMetadata)
            return endAccess(.expired(for: client.head))
        }
        if lane.hasNewRules {
            stopAskingAgain()
            renewal = lane.renewal(of: client) { self.renewed($0) }
        }
        renewal?.tick()
    }

    /// What comes now is about another request.
    func forgetAccess() {
        terms = nil
        stopAskingAgain()
    }

    /// To be called when the answer is over, at the latest.
    func stopAskingAgain() { renewal.take()?.cancel() }

    private func renewed(_ decision: AccessDecision) {
        renewal = nil
        guard let client, isUnderWay else { return }
        switch decision {
        case .allowed(let grant): terms = lane.terms(of: grant, for: client.head)
        case .refused(let refusal):
            lane.logger.notice(
                "the rules have changed, and a client is let in no longer: what it does ends", metadata: logMetadata)
            // It knows of the channel: it was let in there.
            let known = refusal == .insufficient(isHidden: true) ? .insufficient(isHidden: false) : refusal
            endAccess(RequestProblem(known, for: client.head))
        }
    }

    private func endAccess(_ problem: RequestProblem) {
        terms = terms.map { AnswerTerms(end: nil, readers: $0.readers) }
        stopAskingAgain()
        accessEnded(problem)
    }
}
