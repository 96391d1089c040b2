/// The segments of one channel, as they are written.
///
/// ```swift
/// for try await segment in Subscriber(relay: relay, channel: channel, from: .next) {
///     for try await bytes in segment.body { … }
/// }
/// ```
/// The sequence ends when the channel is closed. The request for segment n + 1 is on the wire while n is read. A segment that
/// is no longer there is passed over, which ``SubscribedSegment/skipped`` tells.
public struct Subscriber: AsyncSequence, Sendable {
    public typealias Element = SubscribedSegment

    public let relay: RelayURL
    public let channel: ChannelName

    /// - Parameters:
    ///   - start: the first segment wanted.
    ///   - waitForChannel: how long to wait for a channel that is not there yet, or for a relay that does not answer yet;
    ///     nil does not wait.
    public init(
        relay: RelayURL, channel: ChannelName, from start: SegmentPosition = .next,
        configuration: ClientConfiguration = .init(), waitForChannel: Duration? = nil
    ) {
        fatalError()
    }

    /// The sum over all iterators of this subscriber.
    public var statistics: SubscriberStatistics { fatalError() }

    public func makeAsyncIterator() -> AsyncIterator { fatalError() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        /// - Returns: nil at the end of the channel.
        /// - Throws: ``TrickleError``, for example `channelNotFound`; `CancellationError`.
        public mutating func next() async throws -> SubscribedSegment? { fatalError() }
    }
}
