/// What has happened in a channel since it was made.
public struct ChannelCounts: Equatable, Sendable {
    /// Segments that were begun.
    public var segments = 0
    public var abortedSegments = 0
    /// Payload bytes that were published.
    public var bytesIn = 0
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
}
