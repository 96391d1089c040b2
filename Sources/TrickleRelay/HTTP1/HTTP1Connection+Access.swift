import NIOCore

// What access adds to an answer.
extension HTTP1Connection {
    /// What every answer has, and what access adds to it.
    var commonFields: CommonFields { terms.map { lane.commonFields(for: $0.readers) } ?? lane.commonFields }

    /// Ends what its client is let in for no longer.
    func checkAccess(now: NIODeadline) {
        guard lane.endsAccess(of: &terms, now: now, logMetadata) else { return }
        if state == .switched { close() } else { exchange?.accessEnded() }
    }
}
