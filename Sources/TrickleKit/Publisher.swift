/// Publishes the segments of one channel.
///
/// ```swift
/// let publisher = Publisher(relay: relay, channel: channel)
/// try await publisher.open()
/// let segment = try await publisher.nextSegment()
/// try await segment.write(bytes)
/// try await segment.finish()
/// try await publisher.close()
/// ```
/// While segment n is written, the request for n + 1 is already on the wire, so that its first byte waits for nothing.
/// A publisher that is dropped without ``close()`` leaves the channel open.
public final class Publisher: Sendable {
    public let relay: RelayURL
    public let channel: ChannelName
    public let contentType: String

    /// - Parameter contentType: the media type of the channel's segments. A channel keeps the one it was created with.
    public init(
        relay: RelayURL, channel: ChannelName, contentType: String = "video/MP2T",
        configuration: ClientConfiguration = .init()
    ) {
        fatalError()
    }

    public var statistics: PublisherStatistics { fatalError() }

    /// Creates the channel, or joins the one that is there and continues its numbering.
    public func open() async throws { fatalError() }

    /// Begins the next segment.
    ///
    /// It may be called before the segment before has been acknowledged; the numbers go up by one with each call.
    ///
    /// - Throws: ``TrickleError`` with the code `channelClosed` when somebody else has closed the channel.
    public func nextSegment() async throws -> SegmentWriter { fatalError() }

    /// Closes the channel: its readers get what there is, and then its end. A segment still being written is aborted.
    public func close() async throws { fatalError() }
}
