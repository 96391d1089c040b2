import Logging
import NIOCore

// What connections of all versions of HTTP have in common.
extension RelayLane {
    /// A client has taken nothing of what was sent, for too long.
    func countStall(_ metadata: Logger.Metadata) {
        counts.readersStalled += 1
        logger.notice("a client took nothing for \(configuration.readerTimeout): it was cut off", metadata: metadata)
    }

    /// - Returns: whether the answer's client is let in no longer, which is told once.
    func endsAccess(of terms: inout AnswerTerms?, now: NIODeadline, _ metadata: @autoclosure () -> Logger.Metadata)
        -> Bool
    {
        guard let readers = terms?.readers, let end = terms?.end, end <= now else { return false }
        logger.info("a client's credentials have expired: what they were for ends", metadata: metadata())
        terms = AnswerTerms(end: nil, readers: readers)
        return true
    }
}

extension RelayConfiguration {
    /// How long a connection may be silent that was used for that.
    func silenceLimit(after use: ConnectionUse) -> Duration {
        use == .reading ? keepAliveTimeout : publisherKeepAliveTimeout
    }
}
