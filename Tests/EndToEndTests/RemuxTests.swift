import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Files that ffmpeg has to turn into a transport stream: each of their pictures is there at the far end.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct RemuxTests {
    let folder = TemporaryFolder()

    /// Publishes a file as fast as possible, and tells how that ended and where the segments are that came of it.
    func publish(
        _ input: String, to relay: RelayProcess, as name: String = "clip", arguments: [String] = []
    ) async throws -> (publisher: ToolResult, output: String) {
        let output = folder("\(name).out.ts")
        let reader = try RunningTool(
            "read2pipe", ["--stream", name, "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
            outputFile: .open(output, O_WRONLY | O_CREAT | O_TRUNC))
        let publisher = try await RunningTool.run(
            "publish-file", [input, "--stream", name, "--url", relay.url, "--no-realtime"] + arguments)
        _ = try await reader.finish()
        return (publisher, output)
    }

    private func size(of path: String) async throws -> String {
        let result = try await RunningTool.run(
            "ffprobe",
            ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", path])
        return result.outputText.split(separator: "\n").first.map(String.init) ?? ""
    }

    @Test(
        .needsCases,
        arguments: [
            ("bbb_176x144_192kbps_15fps_mpeg4.mp4", 15, "176,144"), ("mpeg4-bframes.avi", 150, "320,240"),
            ("odd-size.webm", 50, "322,182"), ("rotated.mp4", 75, "180,320"), ("sample_fpcm_32le.mp4", 30, "1080,720"),
        ])
    func `a file that once failed arrives with all its pictures`(name: String, count: Int, size: String) async throws {
        let input = "\(try #require(TestMedia.cases))/\(name)"
        try await RelayProcess.with { relay in
            let (publisher, output) = try await publish(input, to: relay)
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            #expect(try await FrameDigests(of: output).videoCount == count)
            #expect(try await self.size(of: output).hasPrefix(size))
        }
    }

    @Test(.needsCases) func `what becomes of a stream in another way than by copying is said`() async throws {
        let cases = try #require(TestMedia.cases)
        try await RelayProcess.with { relay in
            let sound = try await publish("\(cases)/sample_fpcm_32le.mp4", to: relay).publisher.errors
            #expect(sound.contains("stream 1 (audio) is left out: this ffmpeg does not know its codec"))
            let turned = try await publish("\(cases)/rotated.mp4", to: relay, as: "turned").publisher.errors
            #expect(turned.contains("stream 0 is encoded to stand upright"))
        }
    }

    @Test func `a copy of which no picture can be decoded is a failure that says what to do`() async throws {
        let clip = folder("clip.mp4")
        let made = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x120:d=1", "-c:v", "mpeg4", clip])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            // Without the filter that puts the configuration into the stream.
            let (publisher, output) = try await publish(clip, to: relay, arguments: ["--ffmpeg-args", "-bsf:v null"])
            #expect(try await FrameDigests(of: output).videoCount == 0)
            #expect(publisher.status == .exited(1))
            #expect(publisher.errors.contains("was published, but no player can decode its pictures"))
        }
    }

    /// What a tool says, once it has ended.
    private func publishPipe(
        _ path: String, to relay: RelayProcess, as name: String, _ arguments: [String] = []
    ) async throws -> (publisher: ToolResult, output: String) {
        let pipe = folder("\(name).pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let feeder = try RunningTool("sh", ["-c", #"exec cat "$0" > "$1""#, path, pipe])
        defer { withExtendedLifetime(feeder) {} }
        return try await publish(pipe, to: relay, as: name, arguments: arguments)
    }

    @Test func `MPEG-4 part 2 from a named pipe is copied with a warning, and arrives when it is encoded`() async throws
    {
        let clip = folder("clip.mkv")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4", "-f", "lavfi", "-i",
                "sine=d=4", "-c:v", "mpeg4", "-bf", "2", "-g", "25", "-c:a", "aac", clip,
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            // Nothing can be known of a pipe before it is read.
            let copied = try await publishPipe(clip, to: relay, as: "copied").publisher
            #expect(copied.status == .exited(1))
            #expect(copied.errors.contains("publish it again with --transcode"), "\(copied.errors)")
            let (publisher, output) = try await publishPipe(clip, to: relay, as: "encoded", ["--transcode"])
            #expect(publisher.status == .exited(0), "\(publisher.errors)")
            #expect(try await FrameDigests(of: output).videoCount == 100)
        }
    }

    @Test func `that no picture comes is said long before the end`() async throws {
        let clip = folder("clip.mp4")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x120:d=600:r=5", "-c:v", "mpeg4", clip,
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", [clip, "cam", "--url", relay.url, "--ffmpeg-args", "-bsf:v null"])
            let line = "warning: no player can decode a picture of '\(clip)' so far: look at --ffmpeg-args"
            try await until { publisher.hasSaid(line) || publisher.process.endedWith != nil }
            #expect(publisher.hasSaid(line))
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.errorLines.filter { $0.contains("so far") }.count == 1, "\(result.errors)")
        }
    }

    @Test(.needsEncoder("vc2")) func `Dirac is published, and that its keyframes are not known is said`() async throws {
        let clip = folder("clip.mkv")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=1", "-c:v", "vc2", "-strict",
                "-1", clip,
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let (publisher, output) = try await publish(clip, to: relay)
            #expect(publisher.status == .exited(0), "\(publisher.errors)")
            #expect(publisher.errors.contains("random access points of this video codec are not known here"))
            #expect(try await FrameDigests(of: output).videoCount == 25)
        }
    }

    @Test(.needsCurl) func `pixels that are not square stay so in a movie and in HLS`() async throws {
        let clip = folder("clip.mp4")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=352x288:r=25:d=4", "-vf", "setsar=16/11",
                "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", clip,
            ])
        try #require(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let published = try await RunningTool.run(
                "publish-file", [clip, "cam", "--url", relay.url, "--no-realtime", "--keep-open"])
            #expect(published.status == .exited(0), "\(published.errors)")
            let movie = folder("movie.mp4")
            let viewer = try RunningTool("curl", ["-sN", "-o", movie, "\(relay.url)/cam/live.mp4"])
            try await until {
                (TemporaryFolder.contents(of: movie)?.count ?? 0) > 20_000 || viewer.process.endedWith != nil
            }
            kill(viewer.process.pid, SIGTERM)
            _ = try await viewer.finish()
            for place in [movie, "\(relay.url)/cam/index.m3u8"] {
                let probe = try await RunningTool.run(
                    "ffprobe",
                    [
                        "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=sample_aspect_ratio", "-of",
                        "csv=p=0", place,
                    ])
                #expect(probe.outputText.split(separator: "\n").first == "16:11", "\(place): \(probe.errors)")
            }
        }
    }
}
