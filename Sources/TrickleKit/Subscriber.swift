import Synchronization
import TrickleCore

/// The segments of one channel, as they are written.
///
/// ```swift
/// for try await segment in Subscriber(relay: relay, channel: channel, from: .next) {
///     for try await bytes in segment.body { … }
/// }
/// ```
/// The sequence ends when the channel is closed. The request for segment n + 1 is on the wire while n is read. A segment that
/// is no longer there is passed over, which ``SubscribedSegment/skipped`` tells. A connection that breaks, or goes silent for the stall timeout,
/// is replaced, and no byte comes twice. Each iterator is a subscription of its own.
public struct Subscriber: AsyncSequence, Sendable {
    public typealias Element = SubscribedSegment
    public typealias Failure = any Error

    let route: ChannelRoute
    let start: SegmentPosition
    let waitForChannel: Duration
    /// After falling out of the relay's window, go on at the oldest segment that it keeps rather than at the newest.
    public var rejoinsAtOldest = false
    let tally = Tally()

    /// A subscription from `start` on. `waitForChannel` is how long to wait for a channel that is not there yet, or for a relay
    /// that does not answer yet; nil does not wait.
    public init(
        relay: RelayURL, channel: ChannelName, from start: SegmentPosition = .next,
        configuration: ClientConfiguration = .init(), waitForChannel: Duration? = nil
    ) {
        route = ChannelRoute(relay: relay, channel: channel, configuration: configuration)
        self.start = start
        self.waitForChannel = waitForChannel ?? .zero
    }

    public var relay: RelayURL { route.relay }
    public var channel: ChannelName { route.channel }
    /// The sum over all iterators of this subscriber.
    public var statistics: SubscriberStatistics { tally.statistics }

    /// Why nothing comes for now; nil while something does, or while the relay waits with its answer for the segment.
    public var obstacle: ReadingObstacle? { tally.obstacle }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(subscription: Subscription(self))
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: Subscription

        /// - Returns: nil at the end of the channel.
        /// - Throws: ``TrickleError``, for example `channelNotFound`; `CancellationError`.
        public mutating func next() async throws -> SubscribedSegment? {
            try await subscription.next()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> SubscribedSegment? {
            try await subscription.next(isolation: actor)
        }
    }

    /// What the iterators and the bodies of one subscriber count together.
    final class Tally: Sendable {
        private let counts = Mutex(SubscriberStatistics())

        var statistics: SubscriberStatistics { counts.withLock { $0 } }

        private let standing = Mutex<ReadingObstacle?>(nil)
        var obstacle: ReadingObstacle? {
            get { standing.withLock { $0 } }
            set { standing.withLock { $0 = newValue } }
        }

        func count(_ change: (inout SubscriberStatistics) -> Void) { counts.withLock { change(&$0) } }
    }
}
