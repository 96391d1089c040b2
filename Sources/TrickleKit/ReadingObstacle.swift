import TrickleCore

/// Why nothing comes of a channel for now.
public enum ReadingObstacle: Hashable, Sendable {
    /// The relay does not answer, or has no room. The text says which.
    case relay(String)
    /// The relay has no such channel.
    case channelMissing
    /// The segment that was asked for comes later: the channel's next one is this.
    case early(next: SequenceNumber)
}
