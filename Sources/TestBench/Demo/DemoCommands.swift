import ChildProcesses

/// The command lines of all that the demo starts, and of what it suggests to try.
struct DemoCommands: Sendable {
    /// The folder that the tools were built in.
    let folder: String
    let channel = "demo"
    let frameRate = 30

    func server(port: Int) -> ChildCommand {
        ChildCommand("\(folder)/trickle-server", ["--addr", "localhost:\(port)"])
    }

    /// A test pattern with a tone, in real time: 30 frames a second, a keyframe each second.
    ///
    /// - Parameters:
    ///   - clock: Whether ffmpeg can draw text. The pattern itself shows the running time in any case.
    ///   - encoder: An H.264 encoder that ffmpeg has.
    ///   - seconds: nil for ever.
    func source(seconds: Int?, clock: Bool, encoder: String) -> ChildCommand {
        let drawing =
            "drawtext=text='%{localtime\\:%T}':fontsize=72:fontcolor=white:box=1:boxborderw=12:boxcolor=black:x=(w-tw)/2:y=h-th-60"
        let fast = encoder == "libx264" ? ["-preset", "ultrafast", "-tune", "zerolatency"] : []
        return ChildCommand(
            "ffmpeg",
            ["-hide_banner", "-loglevel", "level+warning", "-nostdin", "-nostats", "-progress", "pipe:2"]
                + ["-re", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=\(frameRate)"]
                + ["-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=2:sample_rate=48000"]
                + (clock ? ["-vf", drawing] : []) + ["-c:v", encoder] + fast
                + ["-pix_fmt", "yuv420p", "-g", "\(frameRate)", "-bf", "0", "-sc_threshold", "0", "-b:v", "3M"]
                + ["-c:a", "aac", "-b:a", "128k"] + (seconds.map { ["-t", "\($0)"] } ?? [])
                + ["-f", "mpegts", "-flush_packets", "1", "-muxdelay", "0", "-muxpreload", "0", "pipe:1"])
    }

    func publisher(url: String) -> ChildCommand {
        ChildCommand("\(folder)/publish-file", ["-", "--stream", channel, "--url", url, "--from-start"])
    }

    func reader(url: String) -> ChildCommand {
        ChildCommand(
            "\(folder)/read2pipe",
            ["--stream", channel, "--url", url, "--from", "0", "--wait", "20s", "--strict", "--progress", "always"])
    }

    /// Somebody who comes in the middle and looks at the first thing that is there.
    func joiner(url: String) -> ChildCommand {
        ChildCommand("\(folder)/read2pipe", ["--stream", channel, "--url", url, "--from", "current", "--quiet"])
    }

    /// Decodes video and writes one line for each frame, as soon as it has it. (`-fflags nobuffer` would throw away the frames
    /// that were looked at to find the streams.)
    static let decoder = ChildCommand(
        "ffmpeg",
        [
            "-hide_banner", "-loglevel", "level+error", "-nostats", "-flags", "low_delay", "-analyzeduration", "200000",
            "-threads", "1", "-f", "mpegts", "-i", "pipe:0", "-map", "0:v:0", "-fps_mode",
            "passthrough", "-f", "framemd5", "-flush_packets", "1", "pipe:1",
        ])

    static let encoders = ChildCommand("ffmpeg", ["-hide_banner", "-loglevel", "error", "-encoders"])

    /// Succeeds where text can be drawn: ffmpeg has the filter, and there is a font.
    static let drawingTrial = ChildCommand(
        "ffmpeg",
        [
            "-loglevel", "quiet", "-nostdin", "-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", "-vf",
            "drawtext=text=1",
            "-f", "null", "-",
        ])

    /// - Returns: What to type in another terminal.
    func suggestions(url: String) -> [String] {
        [
            "make play stream=\(channel) url=\(url)",
            "\(folder)/read2pipe --stream \(channel) --url \(url) | mpv --profile=low-latency --cache=no -",
            "\(folder)/subscriber-example --stream \(channel) --url \(url) --out recordings",
            "curl -sN \(url)\(channel)/-2 | ffprobe -hide_banner -",
            "curl -s \(url)_channels",
        ]
    }
}
