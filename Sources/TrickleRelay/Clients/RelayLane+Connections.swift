import Logging

// What connections of all versions of HTTP have in common.
extension RelayLane {
    /// A client has taken nothing of what was sent, for too long.
    func countStall(_ metadata: Logger.Metadata) {
        counts.readersStalled += 1
        logger.notice("a client took nothing for \(configuration.readerTimeout): it was cut off", metadata: metadata)
    }
}

extension RelayConfiguration {
    /// How long a connection may be silent that was used for that.
    func silenceLimit(after use: ConnectionUse) -> Duration {
        use == .reading ? keepAliveTimeout : publisherKeepAliveTimeout
    }
}
