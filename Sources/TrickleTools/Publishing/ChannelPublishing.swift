import ChildProcesses
import Logging
import MPEGTS
import TrickleKit

/// Publishes an input to a channel, one segment for each GOP: what `publish-file` does.
public struct ChannelPublishing: Sendable {
    public var publishing: FFmpegCommand.Publishing
    /// Whether what could be copied is encoded all the same.
    public var transcodes = false
    /// Whether the channel stays open at the end.
    public var keepsOpen = false
    public var segmentation = GOPSegmenter.Configuration()

    private let relay: RelayURL
    private let channel: ChannelName
    private let clientConfiguration: ClientConfiguration

    public init(
        _ publishing: FFmpegCommand.Publishing, to channel: ChannelName, relay: RelayOptions, session: ToolSession
    ) {
        self.publishing = publishing
        self.publishing.timeout = relay.timeout.duration
        self.channel = channel
        self.relay = relay.url
        clientConfiguration = relay.configuration(logger: session.logger)
    }

    /// Publishes until the input ends or a stop is asked for.
    ///
    /// - Throws: ``ToolFailure``, `TrickleError`.
    public func run(_ session: ToolSession) async throws {
        let source: MediaSource
        let publisher = Publisher(relay: relay, channel: channel, configuration: clientConfiguration)
        if publishing.input == .standardInput {
            source = try MediaSource()
            try await publisher.open()
        } else {
            let command = try await publishing.command(
                transcodes: transcodes, program: segmentation.program, session)
            try await publisher.open()
            source = try MediaSource(ffmpeg: command, name: publishing.input.description, logger: session.logger)
        }
        session.stop.whenMade { source.requestEnd() }
        session.logger.info("publishes \(publishing.input.description) as \(relay.url(channel: channel))")
        do {
            let isDone: Void? = try await session.stop.cancelling(after: Self.graceAfterStop) {
                try await publish(source, publisher, session)
            }
            if isDone == nil {
                await source.abandon()
                session.logger.warning("the relay does not take the rest: the channel is left as it is")
            }
        } catch {
            await source.abandon()
            // Readers need not wait for what will not come. That this may fail as well helps nobody to know.
            if !keepsOpen { try? await publisher.close() }
            throw error
        }
    }

    /// How long the relay may take for the rest after a stop was asked for.
    private static let graceAfterStop = Duration.milliseconds(500)

    private func publish(_ source: MediaSource, _ publisher: Publisher, _ session: ToolSession) async throws {
        // ffmpeg itself begins with a keyframe. What its output has before that is sound that belongs to it.
        let isFromFFmpeg = publishing.input != .standardInput
        var segmentation = segmentation
        if isFromFFmpeg { segmentation.startsAtFirstRandomAccessPoint = false }
        var output = ChannelOutput(publisher, joinsStart: isFromFFmpeg, session: session)
        var segmenter = GOPSegmenter(segmentation)
        let start = ContinuousClock.now
        for try await piece in source.bytes {
            try await output.perform(try segmenter.steps(for: piece, now: ContinuousClock.now - start))
        }
        do {
            try await output.perform(try segmenter.finalSteps())
        } catch let error as NotTransportStream where isFromFFmpeg || session.stop.isMade {
            // Without a single packet: ffmpeg's own words say why, or it was stopped before the first.
            try await source.finish()
            if !session.stop.isMade { throw error }
        }
        try await output.finish()
        try await source.finish()
        if !keepsOpen { try await publisher.close() }
    }
}
