import ArgumentParser
import TrickleTools

/// Publishes a file, a stream or a device to a channel.
@main
struct PublishFile: Tool {
    static let configuration = CommandConfiguration(
        commandName: "publish-file",
        abstract: "Publish a file, a stream or a device to a trickle channel, cut at its keyframes.",
        discussion: """
            Anything that ffmpeg opens can be published. Streams are copied where MPEG-TS can carry them, and encoded to H.264 and AAC \
            where it cannot. Without an input, or with -, MPEG-TS is read from standard input, without ffmpeg.

              publish-file clip.mp4 --stream cam
              publish-file rtsp://camera/stream --stream cam
              publish-file lavfi:testsrc2 --stream cam --gop 1s
              ffmpeg -i clip.mkv -c copy -f mpegts - | publish-file --stream cam

            \(ToolHelp.environment)
            """,
        version: TrickleVersion.current)

    @Argument(
        help:
            "A file, a URL (rtsp://, udp://, http://, …), a device as FORMAT:NAME (v4l2:/dev/video0, lavfi:testsrc2), or -.",
        completion: .file())
    var input: String?

    @OptionGroup var channel: ChannelOptions
    @OptionGroup var relay: RelayOptions

    @Flag(help: "Send a file as fast as the relay takes it, instead of at the speed at which it is played.")
    var noRealtime = false

    @Flag(help: "Begin again after the end, for ever.")
    var loop = false

    @Flag(help: "Encode to H.264 and AAC even what could be copied.")
    var transcode = false

    @Option(help: ArgumentHelp("The time between keyframes, where video is encoded.", valueName: "time"))
    var gop = DurationArgument("2s")

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Which streams, as ffmpeg's -map; may be given several times.", valueName: "spec"))
    var map: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More options for ffmpeg's output, in one argument: '-crf 18 -an'.", valueName: "options"))
    var ffmpegArgs: String?

    @Flag(help: "Of standard input, publish what comes before the first keyframe, too.")
    var fromStart = false

    @Flag(help: "Leave the channel open at the end, for a later run to go on.")
    var keepOpen = false

    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        if gop.duration <= .zero { throw ValidationError("--gop has to be longer than nothing") }
        let needsFFmpeg = transcode || loop || !map.isEmpty || ffmpegArgs != nil
        if needsFFmpeg && (input ?? "-") == "-" {
            throw ValidationError(
                "--transcode, --loop, --map and --ffmpeg-args need a named input: standard input does not go through ffmpeg"
            )
        }
    }

    func run(_ session: ToolSession) async throws {
        var publishing = FFmpegCommand.Publishing(input: try MediaInput(input))
        publishing.isRealtime = !noRealtime
        publishing.loops = loop
        publishing.gop = gop.duration
        publishing.maps = map
        publishing.extraArguments = try FFmpegCommand.words(ffmpegArgs)
        var job = ChannelPublishing(publishing, to: channel.stream, relay: relay, session: session)
        job.transcodes = transcode
        job.keepsOpen = keepOpen
        job.segmentation.startsAtFirstRandomAccessPoint = !fromStart
        try await job.run(session)
    }
}
