// What access adds to an answer.
extension HTTP1Connection: GuardedAnswer {
    /// What every answer has, and what access adds to it.
    var commonFields: CommonFields { terms.map { lane.commonFields(for: $0.readers) } ?? lane.commonFields }

    var isUnderWay: Bool { exchange != nil || state == .switched }

    func accessEnded(_ problem: RequestProblem) {
        if state == .switched {
            context?.fireUserInboundEventTriggered(SwitchedConnectionEvent.accessEnded)
        } else {
            exchange?.accessEnded(problem)
        }
    }
}
