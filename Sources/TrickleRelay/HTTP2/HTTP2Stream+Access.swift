// What access adds to an answer.
extension HTTP2Stream: GuardedAnswer {
    var isUnderWay: Bool { exchange != nil }

    func accessEnded(_ problem: RequestProblem) { exchange?.accessEnded(problem) }
}
