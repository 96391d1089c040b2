import ArgumentParser
import CommandFrame
import MediaChildren
import Publishing
import TrickleKit

/// Publishes a camera, or any video, as single pictures.
struct PublishFrames: Tool {
    static let configuration = CommandConfiguration(
        commandName: "publish-frames",
        abstract: "Publish a camera or any video to a trickle channel as pictures, for web pages that draw them.",
        discussion: """
            Anything that ffmpeg opens can be published. Each picture is a segment; the relay sends it to web pages at once. What the relay \
            is late for is dropped. A live source is opened again whenever it ends or fails, and a relay that is away is waited for.

              publish-frames rtsp://camera/stream --stream cam
              publish-frames v4l2:/dev/video0 --stream desk --format jpeg --fps 15
              publish-frames clip.mp4 --stream clip --loop

            Without an input, RTSP_URL names it, in the environment or in a file .env. BROKER_URL, USE_HTTPS, BROKER_PORT, VERIFY_SSL, \
            STREAM_ID and TARGET_FPS are understood, too.

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @Argument(
        help: "A file, a URL (rtsp://, http://, …), or a device as FORMAT:NAME (v4l2:/dev/video0, lavfi:testsrc2).",
        completion: .file())
    var input: String?

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions
    @OptionGroup(title: "Pictures") var pictures: PictureOptions

    @Flag(help: "Begin a file again after its end, for ever.")
    var loop = false

    @OptionGroup(title: "Sources on the network") var source: SourceOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    static func complete(_ arguments: [String]) throws -> [String] {
        try ProducerVariables.complete(
            EnvironmentArguments(for: Self.self).complete(arguments), for: Self.self)
    }

    func validate() throws { _ = try named }

    var idleOptions: [IdleOption] {
        // What is no input is told as that.
        guard let text = try? named.input, let input = try? MediaInput(text) else { return [] }
        let loop = IdleOption("--loop", "a live source has no end to begin again after", if: input.isLive)
        return [loop].compactMap { $0 } + relay.idleOptions + source.idleOptions(for: input)
    }

    private var named: (input: String, channel: ChannelName) {
        get throws { try ProducerVariables.current.named(input: input, channel: channel.name) }
    }

    func run(_ session: ToolSession) async throws {
        let (input, channel) = try named
        var publishing = source.publishing(try MediaInput(input))
        publishing.loops = loop
        let job = PicturePublishing(publishing, as: pictures.encoding, to: channel, relay: relay, session: session)
        try await job.run(session)
    }
}

/// For the program that has all tools.
package let publishFrames: any Tool.Type = PublishFrames.self
