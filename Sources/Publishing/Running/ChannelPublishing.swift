import CommandFrame
import Logging
import MPEGTS
import MediaChildren
import TrickleKit

/// Publishes an input to a channel, one segment for each GOP: what `publish-file` does.
public struct ChannelPublishing: Sendable {
    public var publishing: FFmpegCommand.Publishing
    /// Whether what could be copied is encoded all the same.
    public var transcodes = false
    /// Whether the channel stays open at the end.
    public var keepsOpen = false
    /// Whether segments that did not get through whole are a failure in the end.
    public var isStrict = false
    /// Whether another that publishes the channel is pushed aside, instead of being left alone.
    public var takesOver = false
    public var segmentation = GOPSegmenter.Configuration()
    /// What to do when the relay takes less than the source gives; nil for what suits the source.
    public var onSlowRelay: SlowRelayPolicy?
    /// How many segments may wait before one is dropped, where they are.
    public var maximumBehind = 3
    /// The media type of the segments.
    public var contentType = "video/MP2T"
    /// What becomes of a source that fails, or ends though it is live.
    public var reopening = Reopening.never
    /// What others may know of the run, and tell it.
    public let monitor = PublishingMonitor()

    /// When a live source is opened again. The channel stays, and so do its numbers. Files are read once. A relay that is away is waited for
    /// as long as the source is there.
    public enum Reopening: Equatable, Sendable {
        case never, forever
        /// Until it has been away for so long; for its first byte `start` is waited.
        case within(Duration, start: Duration)
    }

    let relay: RelayURL
    let channel: ChannelName
    var clientConfiguration: ClientConfiguration

    public init(
        _ publishing: FFmpegCommand.Publishing, to channel: ChannelName, relay: RelayOptions, session: ToolSession
    ) {
        self.publishing = publishing
        self.publishing.timeout = relay.timeout.duration
        self.channel = channel
        self.relay = relay.url
        clientConfiguration = relay.configuration(logger: session.logger)
    }

    /// Publishes until the input ends for good or a stop is asked for.
    ///
    /// - Throws: ``ToolFailure``, `TrickleError`.
    public func run(_ session: ToolSession) async throws {
        try await PublishingRun(self, session).run()
    }
}
