import ChildProcesses

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
        /// How long a source on the network may stay silent.
        public var timeout: Duration = .seconds(10)
        /// ffmpeg's `-map`, if the choice of streams is the user's.
        public var maps: [String] = []
        /// Put behind our own options, so that they win.
        public var extraArguments: [String] = []

        public init(input: MediaInput) { self.input = input }
    }

    private static let quiet = ["-hide_banner", "-loglevel", "level+warning"]

    /// Lists the streams of an input as JSON on standard output.
    public static func probe(_ input: MediaInput, timeout: Duration) -> ChildCommand {
        ChildCommand(
            "ffprobe",
            [
                "-hide_banner", "-loglevel", "level+error", "-print_format", "json", "-show_streams", "-show_programs",
                "-show_format",
            ]
                + input.arguments(timeout: timeout))
    }

    /// Writes the input as MPEG-TS to standard output.
    ///
    /// - Parameter plan: What to do with each stream; nil for sources that hold raw pictures and sound.
    public static func publish(_ publishing: Publishing, plan: StreamPlan?) -> ChildCommand {
        var arguments = quiet + ["-nostdin", "-nostats"]
        if publishing.isRealtime { arguments.append("-re") }
        if publishing.loops { arguments += ["-stream_loop", "-1"] }
        arguments += publishing.input.arguments(timeout: publishing.timeout)
        arguments += streams(publishing, plan: plan)
        arguments += ["-f", "mpegts", "-flush_packets", "1", "-muxdelay", "0", "-muxpreload", "0"]
        arguments += publishing.extraArguments
        return ChildCommand("ffmpeg", arguments + ["pipe:1"])
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

    private static func streams(_ publishing: Publishing, plan: StreamPlan?) -> [String] {
        guard publishing.maps.isEmpty else {
            return publishing.maps.flatMap { ["-map", $0] } + codecsByKind(publishing, plan: plan)
        }
        guard let plan else { return ["-map", "0:v?", "-map", "0:a?"] + codecsByKind(publishing, plan: nil) }
        let published = plan.published
        let maps = published.flatMap { ["-map", "0:\($0.stream.index)"] }
        return maps
            + published.enumerated().flatMap { index, choice in
                codec("\(index)", kind: choice.stream.kind, treatment: choice.treatment, gop: publishing.gop)
            }
    }

    /// Where the user maps streams, the numbers of the output's streams are not known, but what the input holds is.
    private static func codecsByKind(_ publishing: Publishing, plan: StreamPlan?) -> [String] {
        [(MediaProbe.Kind.video, "v"), (.audio, "a")].flatMap { kind, letter in
            let treatments = plan?.treatments.filter { $0.stream.kind == kind }.map(\.treatment) ?? [.encode]
            let treatment: StreamPlan.Treatment = treatments.allSatisfy { $0 == .copy } ? .copy : .encode
            return codec(letter, kind: kind, treatment: treatment, gop: publishing.gop)
        } + ["-c:s", "copy", "-c:d", "copy"]
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
