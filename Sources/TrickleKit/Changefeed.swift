/// Which channels a relay has, as they come and go.
///
/// Where the relay has a list of its channels, the first element holds all that there are (the relay's own left out), and nothing is missed between the list
/// and the changes. Elsewhere it begins with the changes that come.
public struct Changefeed: AsyncSequence, Sendable {
    /// What has changed since the element before. Neither list has a name twice.
    public struct Element: Sendable, Equatable {
        public var added: [ChannelName]
        public var removed: [ChannelName]
    }

    public let relay: RelayURL

    public init(relay: RelayURL, configuration: ClientConfiguration = .init()) { fatalError() }

    public func makeAsyncIterator() -> AsyncIterator { fatalError() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        public mutating func next() async throws -> Element? { fatalError() }
    }
}
