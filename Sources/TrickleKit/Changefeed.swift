import TrickleCore

/// Which channels a relay has, as they come and go.
///
/// Where the relay has a list of its channels, the first element holds all that there are, and nothing is missed
/// between the list and the changes, nor when this reader falls behind: it lists again and tells the difference. Elsewhere the
/// sequence begins with the changes that come. The relay's own channels are left out.
public struct Changefeed: AsyncSequence, Sendable {
    public typealias Element = ChannelChanges
    public typealias Failure = any Error

    public let relay: RelayURL
    private let configuration: ClientConfiguration

    public init(relay: RelayURL, configuration: ClientConfiguration = .init()) {
        self.relay = relay
        self.configuration = configuration
    }

    /// The channels that there are now, without waiting for others.
    ///
    /// - Throws: ``TrickleError`` when the relay is not there, or does not list its channels; `CancellationError`.
    public func channels() async throws -> [ChannelName] {
        try await ChannelWatch(relay: relay, configuration: configuration).channels()
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(watch: ChannelWatch(relay: relay, configuration: configuration))
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let watch: ChannelWatch

        /// - Throws: ``TrickleError``; `channelNotFound` where the relay has no changefeed. `CancellationError`.
        public mutating func next() async throws -> ChannelChanges? { try await watch.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> ChannelChanges? {
            try await watch.next(isolation: actor)
        }
    }
}
