import ChildProcesses
import Endings
import TrickleCore

/// Command lines for ffmpeg and ffprobe.
public enum FFmpegCommand {
    /// How `publish-file` wants its input.
    public struct Publishing: Equatable, Sendable {
        public var input: MediaInput
        /// At the speed at which it is played.
        public var isRealtime = true
        /// From the start again after the end, for ever.
        public var loops = false
        /// Between keyframes, where video is encoded.
        public var gop: Duration = .seconds(2)
        /// Whether somebody asked for that time.
        public var isGOPChosen = false
        /// How long a source on the network may stay silent.
        public var timeout: Duration = .seconds(10)
        /// How RTSP carries its packets.
        public var transport = RTSPTransport.auto
        /// Whether a short look at the input shows all of it.
        public var isHasty = false
        /// Whether a file may name others, which are read too.
        public var allowsReferences = false
        /// ffmpeg's `-map`, if the choice of streams is the user's.
        public var maps: [String] = []
        /// Where on the time line of the channel it begins: what came before may not be played again.
        public var timeOffset: Duration = .zero
        /// Put behind our own options, so that they win.
        public var extraArguments: [String] = []

        public init(input: MediaInput) { self.input = input }

        /// Whether something is wanted that ffmpeg has to do, even with a transport stream.
        public var asksForFFmpeg: Bool { !maps.isEmpty || !extraArguments.isEmpty }
    }

    static let quiet = ["-hide_banner", "-loglevel", "level+warning"]

    /// The muxer would gather 2,930 bytes of sound, 0.2 s and more, before it writes any.
    private static let transportStream = [
        "-f", "mpegts", "-flush_packets", "1", "-muxdelay", "0", "-muxpreload", "0", "-pes_payload_size", "0",
    ]

    /// Lists the streams of an input as JSON on standard output.
    public static func probe(
        _ input: MediaInput, timeout: Duration, transport: RTSPTransport = .auto, isHasty: Bool = false,
        allowsReferences: Bool = false
    ) -> ChildCommand {
        ChildCommand(
            "ffprobe",
            [
                "-hide_banner", "-loglevel", "level+error", "-print_format", "json", "-show_streams", "-show_programs",
                "-show_format",
            ]
                + input.boundary(allowsReferences: allowsReferences)
                + input.arguments(timeout: timeout, transport: transport, isHasty: isHasty))
    }

    /// Writes the input as MPEG-TS to standard output.
    ///
    /// - Parameters:
    ///   - plan: What to do with each stream; nil for sources that are not looked at before.
    ///   - unseen: What to do with the streams of those.
    public static func publish(
        _ publishing: Publishing, plan: StreamPlan?, unseen: StreamPlan.Treatment = .encode
    ) -> ChildCommand {
        var arguments = quiet + ["-nostdin", "-nostats"]
        if publishing.isRealtime { arguments.append("-re") }
        if publishing.loops { arguments += ["-stream_loop", "-1"] }
        arguments += publishing.input.boundary(allowsReferences: publishing.allowsReferences)
        // AVI tells no presentation times, and MPEG-TS needs them. A live source would have to wait for them.
        if plan != nil, !publishing.input.isLive { arguments += ["-fflags", "+genpts"] }
        arguments += publishing.input.arguments(
            timeout: publishing.timeout, transport: publishing.transport, isHasty: publishing.isHasty)
        arguments += streams(publishing, plan: plan, unseen: unseen)
        if publishing.input.isRTSP { arguments += repairs(plan: plan, unseen: unseen) }
        arguments += transportStream
        if publishing.timeOffset > .zero {
            let seconds = DecimalText.fixed(publishing.timeOffset / .seconds(1), digits: 3)
            arguments += ["-output_ts_offset", seconds, "-mpegts_flags", "+initial_discontinuity"]
        }
        arguments += publishing.extraArguments
        return ChildCommand("ffmpeg", arguments + ["pipe:1"])
    }

    /// Writes what comes on standard input as MPEG-TS to standard output. A stranger has sent it: it opens nothing else.
    ///
    /// - Parameters:
    ///   - format: ffmpeg's name for what comes.
    ///   - treatment: What to do with its streams.
    public static func convert(
        _ format: String, _ treatment: StreamPlan.Treatment, limits: ChildLimits
    ) -> ChildCommand {
        var arguments = ["-hide_banner", "-loglevel", "level+error", "-nostdin", "-nostats"]
        arguments += ["-protocol_whitelist", "pipe", "-max_pixels", "\(maximumPixelCount)"]
        arguments += ["-f", format, "-i", "pipe:0", "-map", "0:v?", "-map", "0:a?"]
        arguments += codec("v", kind: .video, treatment: treatment, gop: .seconds(2))
        arguments += codec("a", kind: .audio, treatment: treatment, gop: .seconds(2))
        if treatment == .encode { arguments += evenSize("v") }
        return ChildCommand("ffmpeg", arguments + transportStream + ["pipe:1"], limits: limits)
    }

    /// More pixels than 8K has (7,680 × 4,320) are no picture: ffmpeg does not decode them.
    public static let maximumPixelCount = 36_000_000

    /// How long an ffmpeg that reads `input` may give nothing, before it counts as hanging.
    ///
    /// Where ffmpeg can limit the silence of the source itself, it does, and its words say more than ours. A file may take its
    /// time, for example to be decoded up to the place where an option has it begin.
    static func silenceLimit(of input: MediaInput, timeout: Duration) -> Duration {
        input.mayBeLive ? timeout + .seconds(2) : max(timeout, .seconds(60))
    }

    /// Splits what `--ffmpeg-args` was given.
    ///
    /// - Throws: ``ToolFailure`` when a quote is open.
    public static func words(_ text: String?) throws(ToolFailure) -> [String] {
        guard let text else { return [] }
        guard let words = ShellWords.split(text) else {
            throw ToolFailure("--ffmpeg-args '\(text)' cannot be split into words: is a quote open?", exit: .usage)
        }
        return words
    }

    private static func streams(
        _ publishing: Publishing, plan: StreamPlan?, unseen: StreamPlan.Treatment
    ) -> [String] {
        guard publishing.maps.isEmpty else {
            return publishing.maps.flatMap { ["-map", $0] } + codecsByKind(publishing, plan: plan, unseen: unseen)
        }
        guard let plan else {
            let even = unseen == .encode ? evenSize("v") : []
            return ["-map", "0:v?", "-map", "0:a?"] + codecsByKind(publishing, plan: nil, unseen: unseen) + even
        }
        let published = plan.published
        let maps = published.flatMap { ["-map", "0:\($0.stream.index)"] }
        return maps
            + published.enumerated().flatMap { index, choice in
                codec("\(index)", kind: choice.stream.kind, treatment: choice.treatment, gop: publishing.gop)
                    + adaptation("\(index)", [choice])
            }
    }

    /// Where the user maps streams, the numbers of the output's streams are not known, but what the input holds is.
    private static func codecsByKind(
        _ publishing: Publishing, plan: StreamPlan?, unseen: StreamPlan.Treatment
    ) -> [String] {
        [(MediaProbe.Kind.video, "v"), (.audio, "a")].flatMap { kind, letter in
            let treatments = plan?.treatments.filter { $0.stream.kind == kind }.map(\.treatment) ?? [unseen]
            let treatment: StreamPlan.Treatment = treatments.allSatisfy { $0 == .copy } ? .copy : .encode
            let streams = plan?.treatments.filter { $0.stream.kind == kind }.map {
                (stream: $0.stream, treatment: treatment)
            }
            return codec(letter, kind: kind, treatment: treatment, gop: publishing.gop)
                + adaptation(letter, streams ?? [])
        } + ["-c:s", "copy", "-c:d", "copy"]
    }

    /// What the streams that `specifier` means need besides their codec.
    private static func adaptation(
        _ specifier: String, _ streams: [(stream: MediaProbe.Stream, treatment: StreamPlan.Treatment)]
    ) -> [String] {
        if streams.contains(where: { $0.stream.kind == .video && $0.treatment == .encode && $0.stream.hasOddSize }) {
            return evenSize(specifier)
        }
        // Most containers keep the configuration beside the stream, where a viewer who joins would not find it; AVI may have two
        // pictures in one packet.
        let isMPEG4 = { (stream: MediaProbe.Stream) in stream.kind == .video && stream.codecName == "mpeg4" }
        guard !streams.isEmpty, streams.allSatisfy({ isMPEG4($0.stream) && $0.treatment == .copy }) else { return [] }
        return ["-bsf:\(specifier)", "mpeg4_unpack_bframes,dump_extra=freq=keyframe"]
    }

    /// H.264 with 4:2:0 has an even number of columns and rows.
    private static func evenSize(_ specifier: String) -> [String] {
        ["-filter:\(specifier)", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
    }

    /// RTSP tells parameter sets once, beside the stream, and its first pictures may come without time stamps: a transport stream
    /// needs both, and so does whoever begins in its middle.
    private static func repairs(plan: StreamPlan?, unseen: StreamPlan.Treatment) -> [String] {
        let video = plan?.published.filter { $0.stream.kind == .video }.map(\.treatment) ?? [unseen]
        guard !video.isEmpty, video.allSatisfy({ $0 == .copy }) else { return [] }
        let missing = "if(eq(NEXT_PTS,NOPTS),if(eq(PREV_OUTPTS,NOPTS),0,PREV_OUTPTS+1),NEXT_PTS-0.1/TB)"
        let pts = "if(eq(PTS,NOPTS),\(missing),PTS)"
        let first = "if(eq(PTS,NOPTS),NEXT_PTS-0.1/TB,PTS)-0.3/TB"
        let dts = "if(eq(DTS,NOPTS),if(eq(PREV_OUTDTS,NOPTS),\(first),PREV_OUTDTS+1),max(DTS,PREV_OUTDTS+1))"
        let escape = { (text: String) in text.split(separator: ",").joined(separator: "\\,") }
        return ["-bsf:v", "setts=pts=\(escape(pts)):dts=\(escape(dts)),dump_extra=freq=keyframe"]
    }

    private static func codec(
        _ specifier: String, kind: MediaProbe.Kind, treatment: StreamPlan.Treatment, gop: Duration
    ) -> [String] {
        switch (kind, treatment) {
        case (.video, .encode): encodedVideo(specifier, gop: gop)
        case (.audio, .encode): ["-c:\(specifier)", "aac", "-b:\(specifier)", "128k"]
        default: ["-c:\(specifier)", "copy"]
        }
    }

    /// H.264 that every player knows, without the delay of B-frames and lookahead, with keyframes by the clock and nowhere else.
    private static func encodedVideo(_ specifier: String, gop: Duration) -> [String] {
        let seconds = gop / .seconds(1)
        return [
            "-c:\(specifier)", "libx264", "-preset:\(specifier)", "veryfast", "-tune:\(specifier)", "zerolatency",
            "-pix_fmt:\(specifier)", "yuv420p", "-sc_threshold:\(specifier)", "0", "-g:\(specifier)", "100000",
            "-force_key_frames:\(specifier)", "expr:gte(t,n_forced*\(seconds))",
        ]
    }
}
