import ArgumentParser
import CommandFrame
import MediaChildren
import Publishing
import TrickleKit

/// Publishes a file, a stream or a device to a channel.
struct PublishFile: Tool {
    static let configuration = CommandConfiguration(
        commandName: "publish-file",
        abstract: "Publish a file, a stream or a device to a trickle channel, cut at its keyframes.",
        discussion: """
            Anything that ffmpeg opens can be published. Streams are copied where MPEG-TS can carry them, and encoded to H.264 and AAC \
            where it cannot. Without an input, or with -, MPEG-TS is read from standard input. It, and a file that is MPEG-TS, is published \
            packet for packet, without ffmpeg unless --transcode, --loop, --map or --ffmpeg-args ask for it.

              publish-file clip.mp4 --stream cam
              publish-file rtsp://camera/stream --stream cam --retry
              publish-file --listen rtmp://0.0.0.0:1935/live/cam --stream cam --retry
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

    @Option(
        help: ArgumentHelp("The time between keyframes, where video is encoded. (default: 2s)", valueName: "time"))
    var gop: DurationArgument?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Which streams, as ffmpeg's -map; may be given several times.", valueName: "spec"))
    var map: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More options for ffmpeg's output, in one argument: '-crf 18 -an'.", valueName: "options"))
    var ffmpegArgs: String?

    @Flag(help: "Let a file name others, as playlists and SDP files do: they are read, too, wherever they are.")
    var allowReferences = false

    @Flag(help: "Leave the channel open at the end, for a later run to go on.")
    var keepOpen = false

    @Flag(help: "Push aside another that publishes the channel, instead of leaving it alone.")
    var takeover = false

    @Flag(help: "Exit with code 4 when segments were lost on their way.")
    var strict = false

    @Flag(
        help: "Publish nothing: tell what the input is, and where it would be cut. A device is looked at for --timeout."
    )
    var probe = false

    @Flag(help: "With --probe: as JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Instead of an input: wait for a push at rtsp://ADDRESS:PORT/PATH, rtmp://…, srt://… or tcp://….",
            valueName: "url"))
    var listen: String?

    @Flag(
        help:
            "Open a live source again when it or the relay fails or ends, for ever; the channel and its numbers go on.")
    var retry = false

    @OptionGroup(title: "Sources on the network") var source: SourceOptions
    @OptionGroup(title: "Slow relays") var slowRelay: SlowRelayOptions
    @OptionGroup(title: "Segments") var segmentation: SegmentationOptions
    @OptionGroup(title: "Messages") var logOptions: LogOptions

    func validate() throws {
        if !probe { try channelName.needed("publish-file clip.mp4 --stream cam") }
        if json, !probe { throw ValidationError("--json goes with --probe") }
        if let gop, gop.duration <= .zero { throw ValidationError("--gop has to be longer than nothing") }
        if listen != nil && input != nil && channel.name != nil {
            throw ValidationError("--listen is an input: name no other")
        }
        if listen != nil && (loop || probe) { throw ValidationError("a push comes once: no --loop, no --probe") }
        let needsFFmpeg = transcode || loop || !map.isEmpty || ffmpegArgs != nil
        if needsFFmpeg && listen == nil && (input ?? "-") == "-" {
            throw ValidationError(
                "--transcode, --loop, --map and --ffmpeg-args need a named input: standard input does not go through ffmpeg"
            )
        }
    }

    /// With ``listen``, the only argument that has no name is the channel's.
    private var channelName: ChannelName? {
        get throws {
            if let name = channel.name { return name }
            return listen == nil ? nil : try input.map { try ChannelName($0) }
        }
    }

    var idleOptions: [IdleOption] {
        // What is no input is told as that.
        guard let input = try? mediaInput else { return [] }
        let own = [
            IdleOption("--retry", "a file and standard input are read once", if: !input.mayComeBack),
            IdleOption("--no-realtime", "a live source has its own pace", if: input.isLive),
            IdleOption("--loop", "a live source has no end to begin again after", if: input.isLive),
        ].compactMap { $0 }
        return own + relay.idleOptions + source.idleOptions(for: input)
            + slowRelay.idleOptions(waits: input.canWait)
    }

    private var mediaInput: MediaInput {
        get throws { try listen.map { try MediaInput(listeningOn: $0) } ?? MediaInput(input) }
    }

    func run(_ session: ToolSession) async throws {
        var publishing = source.publishing(try mediaInput)
        publishing.isRealtime = !noRealtime
        publishing.loops = loop
        publishing.allowsReferences = allowReferences
        if let gop {
            publishing.gop = gop.duration
            publishing.isGOPChosen = true
        }
        publishing.maps = map
        publishing.extraArguments = try FFmpegCommand.words(ffmpegArgs)
        guard let channel = try channelName, !probe else {
            var report = StreamReport(publishing)
            report.segmentation = segmentation.configuration
            report.transcodes = transcode
            report.isJSON = json
            report.publishing.timeout = relay.timeout.duration
            return try await report.run(session)
        }
        var job = ChannelPublishing(publishing, to: channel, relay: relay, session: session)
        job.transcodes = transcode
        job.keepsOpen = keepOpen
        job.takesOver = takeover
        job.isStrict = strict
        job.segmentation = segmentation.configuration
        job.onSlowRelay = slowRelay.onSlow
        job.maximumBehind = slowRelay.maxBehind
        job.reopening = retry ? .forever : .never
        try await job.run(session)
    }
}

/// For the program that has all tools.
package let publishFile: any Tool.Type = PublishFile.self
