/// What has happened in a channel since it was made.
public struct ChannelCounts: Equatable, Sendable {
    /// Segments that were begun.
    public var segments = 0
    public var abortedSegments = 0
    /// Payload bytes that were published.
    public var bytesIn = 0
}

/// How a relay does at the moment.
public struct StoreReport: Equatable, Sendable {
    /// What has happened in all channels, those that are gone among them.
    public let counts: ChannelCounts
    /// What all segments take of the relay's memory, in bytes.
    public let cost: Int
    /// Readers, those who wait among them.
    public let readerCount: Int
}

/// How a channel does at the moment.
public struct ChannelReport: Equatable, Sendable {
    public let name: ChannelName
    public let id: ChannelID
    public let next: SequenceNumber
    public let keptSegmentCount: Int
    public let keptByteCount: Int
    /// Readers, those who wait among them.
    public let readerCount: Int
    public let counts: ChannelCounts
    /// nil when nobody has said one.
    public let contentType: String?
    /// How long the channel has been there.
    public let age: Duration
    /// Since its last payload byte; since it was made, when there was none.
    public let idleTime: Duration
}
