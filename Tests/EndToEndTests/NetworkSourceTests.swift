import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Sources that push to `publish-file --listen`, and sources that it pulls, with a real ffmpeg at their other end.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes)))
struct NetworkSourceTests {
    private let folder = TemporaryFolder()

    /// Three segments, each of 25 frames.
    private func makeClip() async throws -> String {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 3, size: "160x90")
        return clip
    }

    /// Reads so many segments of the channel into a file.
    private func reader(_ relay: RelayProcess, segments: Int, _ output: String) throws -> RunningTool {
        try RunningTool(
            "read2pipe",
            [
                "--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "\(segments)", "--wait", "10m",
                "--strict",
            ],
            outputFile: .open(output, O_WRONLY | O_CREAT))
    }

    /// Sends the clip until somebody takes it: nothing but that tells that somebody listens.
    private func push(_ clip: String, speed: Int, _ output: [String]) async throws {
        let command = ["-v", "error", "-nostdin", "-readrate", "\(speed)", "-i", clip, "-c", "copy"] + output
        while try await !RunningTool.run("ffmpeg", command).status.isSuccess {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(arguments: ["rtmp", "tcp", "rtsp", "srt"])
    func `what is pushed comes out as it went in, and a second push goes on with the numbers`(scheme: String)
        async throws
    {
        let clip = try await makeClip()
        let address = "\(scheme)://127.0.0.1:\(try FreePort.take())"
        let url = scheme.hasPrefix("rt") ? address + "/live/cam" : address
        let formats = ["rtmp": ["-f", "flv"], "rtsp": ["-f", "rtsp", "-rtsp_transport", "tcp"]]
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", ["--listen", url, "--retry", "--stream", "cam", "--url", relay.url])
            let reader = try reader(relay, segments: 6, folder("out.ts"))
            for _ in 0..<2 {
                try await push(
                    clip, speed: scheme == "srt" ? 1 : 4, formats[scheme, default: ["-f", "mpegts"]] + [url])
            }
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            #expect(publisher.process.endedWith == nil)
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.status == .exited(143), "\(result.errors)")
        }
        let sent = try await FrameDigests(of: clip)
        let received = try await FrameDigests(of: folder("out.ts"))
        let pictures = try #require(sent.frames["v"])
        let twice = pictures + pictures
        if scheme == "srt" {
            // By SRT, ffmpeg does not wait until its last packets have arrived, and what is late is not wanted any more.
            #expect(received.videoCount >= twice.count - 30)
            #expect(Set(received.frames["v"] ?? []).isSubset(of: twice))
        } else {
            #expect(received.frames["v"] == twice)
        }
        #expect(received.audioCount > sent.audioCount)
    }

    /// A stream without an end. A sender that ends, because the one that it had has gone, is begun again.
    private func server(_ clip: String, _ source: String, port: String) throws -> RunningTool {
        let ffmpeg = "ffmpeg -v error -nostdin -re -stream_loop -1 -i \(clip) -c copy -f mpegts"
        if source.hasPrefix("http") {
            let script = "\(BuiltTool.packageRoot)/Tests/EndToEndTests/Servers/ts-server.py"
            return try RunningTool("python3", [script, clip, port])
        }
        let parameter = source.hasPrefix("srt") ? "mode=listener" : "pkt_size=1316"
        return try RunningTool("sh", ["-c", "while :; do \(ffmpeg) '\(source)?\(parameter)'; sleep 0.1; done"])
    }

    private func stop(_ server: RunningTool) async throws {
        server.process.signalGroup(SIGKILL)
        _ = try await server.finish()
    }

    /// The number that the channel's next segment will have.
    private func nextNumber(_ relay: RelayProcess) async throws -> Int {
        let answer = try await RunningTool.run("curl", ["-s", "\(relay.url)/cam/next"])
        return Int(answer.outputText.filter(\.isNumber)) ?? 0
    }

    @Test(
        .needsCurl, .enabled(if: BuiltTool.isInstalled("python3"), "there is no Python for the HTTP server"),
        arguments: [
            ("udp://127.0.0.1:PORT", false), ("srt://127.0.0.1:PORT", false), ("http://127.0.0.1:PORT/live.ts", true),
        ])
    func `a source is pulled, and where it ends and comes back the channel goes on`(
        template: String, comesBack: Bool
    ) async throws {
        let clip = try await makeClip()
        let port = "\(try FreePort.take())"
        let source = template.replacing("PORT", with: port)
        try await RelayProcess.with { relay in
            var server = try server(clip, source, port: port)
            let publisher = try RunningTool(
                "publish-file", [source, "--stream", "cam", "--url", relay.url, "--retry", "--timeout", "1s"])
            let reader = try reader(relay, segments: comesBack ? 4 : 2, folder("out.ts"))
            if comesBack {
                while try await nextNumber(relay) < 2 { try await Task.sleep(for: .milliseconds(50)) }
                try await stop(server)
                server = try self.server(clip, source, port: port)
            }
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.status == .exited(143), "\(result.errors)")
            #expect(result.errors.contains("opens it again") == comesBack, "\(result.errors)")
            try await stop(server)
        }
        let sent = try await FrameDigests(of: clip)
        let received = try await FrameDigests(of: folder("out.ts"))
        #expect(received.videoCount >= 25)
        #expect(Set(received.frames["v"] ?? []).isSubset(of: try #require(sent.frames["v"])))
    }

    private static let hasALSA: Bool = {
        let command = ChildCommand(
            "ffmpeg", ["-v", "quiet", "-nostdin", "-f", "alsa", "-i", "null", "-t", "0.1", "-f", "null", "-"])
        guard BuiltTool.isInstalled("ffmpeg"), let child = try? ChildProcess(command) else { return false }
        while child.endedWith == nil { usleep(10_000) }
        return child.endedWith == .exited(0)
    }()

    @Test(.enabled(if: hasALSA, "ffmpeg cannot open ALSA's null device"))
    func `a capture device is published as it comes`() async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-file", ["alsa:null", "--stream", "cam", "--url", relay.url, "--target", "500ms"])
            let reader = try await RunningTool.run(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--segments", "3", "--wait", "10m"])
            #expect(reader.status == .exited(0), "\(reader.errors)")
            #expect(reader.output.count > 10_000)
            kill(publisher.process.pid, SIGINT)
            #expect(try await publisher.finish().status == .exited(130))
        }
    }
}
