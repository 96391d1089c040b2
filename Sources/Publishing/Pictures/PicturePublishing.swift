import CommandFrame
import MediaChildren
import TrickleKit

/// Publishes the pictures of a video, each as a segment of its own: what `publish-frames` does.
public struct PicturePublishing: Sendable {
    let publishing: FFmpegCommand.Publishing
    let encoding: PictureEncoding
    let channel: ChannelName
    let relay: RelayURL
    let clientConfiguration: ClientConfiguration

    public init(
        _ publishing: FFmpegCommand.Publishing, as encoding: PictureEncoding, to channel: ChannelName,
        relay: RelayOptions, session: ToolSession
    ) {
        var publishing = publishing
        publishing.timeout = relay.timeout.duration
        self.publishing = publishing
        self.encoding = encoding
        self.channel = channel
        self.relay = relay.url
        clientConfiguration = relay.configuration(logger: session.logger)
    }

    /// Publishes until a file ends or a stop is asked for. What is live is opened again whenever it ends or fails.
    ///
    /// - Throws: ``ToolFailure``, `TrickleError`.
    public func run(_ session: ToolSession) async throws {
        let run = PictureRun(self, session)
        do {
            _ = try await ChannelRun(run, stop: session.stop).run()
        } catch {
            await run.summarize()
            throw error
        }
        await run.summarize()
    }
}
