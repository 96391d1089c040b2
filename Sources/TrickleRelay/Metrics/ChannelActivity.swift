import TrickleCore

/// How a channel does at the moment, and how its readers do.
public struct ChannelActivity: Sendable {
    public let report: ChannelReport
    /// Bytes of its segments that were sent, framing and all, since it was made.
    public let bytesOut: Int
    /// How far the slowest reader is behind what is there, in payload bytes.
    public let lag: Int
}
