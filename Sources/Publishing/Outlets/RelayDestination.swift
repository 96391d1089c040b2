import CommandFrame
import Logging
import Synchronization
import TrickleKit

/// A relay that is reached by its URL. All publishers of one such destination are one to the relay.
package final class RelayDestination: ChannelDestination {
    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private let contentType: String
    private let maximumBehind: Int
    private let publisherID = PublisherID()
    /// Whether another that publishes the channel is still to be pushed aside.
    private let takesOver: Atomic<Bool>

    /// - Parameters:
    ///   - contentType: The media type of the segments.
    ///   - maximumBehind: How many segments of a source that cannot wait may wait before one is dropped.
    ///   - takesOver: Whether another that publishes the first channel that is opened is pushed aside, instead of being left alone.
    package init(
        _ relay: RelayURL, configuration: ClientConfiguration, contentType: String = "video/MP2T",
        maximumBehind: Int = 3, takesOver: Bool = false
    ) {
        self.relay = relay
        self.configuration = configuration
        self.contentType = contentType
        self.maximumBehind = maximumBehind
        self.takesOver = Atomic(takesOver)
    }

    package func channel(_ name: ChannelName, logger: Logger) -> any PublishedChannel { remote(name, logger: logger) }

    func remote(_ name: ChannelName, logger: Logger) -> RemoteChannel {
        var configuration = configuration
        configuration.logger = logger
        return RemoteChannel(maximumBehind: maximumBehind, logger: logger) { [configuration, self] in
            Publisher(
                relay: relay, channel: name, contentType: contentType, configuration: configuration, id: publisherID,
                takesOver: takesOver.load(ordering: .acquiring))
        } whenOpen: { [self] in
            takesOver.store(false, ordering: .releasing)
        }
    }
}
