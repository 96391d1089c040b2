import NIOCore

// What access adds to an answer.
extension HTTP1Connection {
    /// What every answer has, and what access adds to it.
    var commonFields: CommonFields { terms.map { lane.commonFields(for: $0.readers) } ?? lane.commonFields }

    /// Ends what its client is let in for no longer.
    func checkAccess(now: NIODeadline) {
        guard let end = terms?.end, end <= now else { return }
        lane.logger.info("a client's credentials have expired: what they were for ends", metadata: logMetadata)
        terms = terms.map { AnswerTerms(end: nil, readers: $0.readers) }
        if state == .switched { close() } else { exchange?.accessEnded() }
    }
}
