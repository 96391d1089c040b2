import ChildProcesses
import Foundation
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Streams of a real RTMP server: announced, published, and pushed back.
@Suite(
    .needsFFmpeg, .needsProcessTable,
    .enabled(if: NginxServer.isInstalled, "nginx with its RTMP module is not installed: scripts/install-test-servers"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct MediaServerTests {
    private let folder = TemporaryFolder()

    /// What the hook port lists.
    private func streams(_ hook: Int) async throws -> [[String: Any]] {
        let result = try await RunningTool.run("curl", ["-s", "http://127.0.0.1:\(hook)/"])
        guard !result.output.isEmpty else { return [] }
        let list = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
        return list?["streams"] as? [[String: Any]] ?? []
    }

    /// A relay, nginx, and a tool that takes its announcements.
    private func withServers(
        _ tool: String, tellsEnd: Bool = false, _ options: (NginxServer) -> [String],
        _ body: (RelayProcess, NginxServer, _ hook: Int, RunningTool) async throws -> Void
    ) async throws {
        let hook = try FreePort.take()
        let nginx = try await NginxServer(hookPort: hook, tellsEnd: tellsEnd)
        try await RelayProcess.with { relay in
            let running = try RunningTool(
                tool,
                ["--url", relay.url, "--hook", "127.0.0.1:\(hook)", "--source", nginx.template] + options(nginx))
            try await until {
                try await RunningTool.run("curl", ["-sf", "http://127.0.0.1:\(hook)/"]).status.isSuccess
            }
            do { try await body(relay, nginx, hook, running) } catch {
                await nginx.stop()
                throw error
            }
        }
        await nginx.stop()
    }

    private func push(_ clip: String, to url: String, loops: Bool = false) throws -> RunningTool {
        try RunningTool(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-re"] + (loops ? ["-stream_loop", "-1"] : [])
                + ["-i", clip, "-c", "copy", "-f", "flv", url])
    }

    @Test func `a stream goes the whole round: nginx, publisher, relay, service, and back into nginx`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 7)
        // The server says when the stream has ended: else it would be waited for.
        try await withServers("pubsub-out", tellsEnd: true, { ["--linger", "1h", "--sink", $0.template] }) {
            relay, nginx, hook, tool in
            // What the relay carries, for comparison; and a service that sends it back under another name.
            let url = ["--url", relay.url]
            let published = try RunningTool(
                "read2pipe", ["--stream", "cam", "--from", "0", "--wait", "10m", "--strict"] + url,
                outputFile: .open(folder("published.ts"), O_WRONLY | O_CREAT))
            let folder = folder
            let service = try RunningTool(
                "sh",
                [
                    "-c",
                    #""$0" --stream cam --from 0 --wait 10m "$2" "$3" | "$1" --split ts --stream cam-out "$2" "$3""#,
                    BuiltTool.path("read2pipe"), BuiltTool.path("publish-pipe"),
                ] + url)
            // It waits in nginx for what will be pushed.
            let player = try RunningTool(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-i", nginx.url("cam-out"), "-c", "copy", "-f", "mpegts",
                    folder("played.ts"),
                ])
            let pusher = try push(clip, to: nginx.url("cam"))
            #expect(try await pusher.finish().status.isSuccess)
            #expect(try await published.finish().status == .exited(0))
            #expect(try await service.finish().status == .exited(0))
            #expect(try await player.finish().status == .exited(0))
            let sent = try await FrameDigests(of: folder("published.ts"))
            let played = try await FrameDigests(of: folder("played.ts"))
            // The beginning goes by while the server is asked for the stream.
            #expect(sent.videoCount >= 100)
            #expect(played.videoCount == sent.videoCount)
            #expect(played.frames["v"] == sent.frames["v"])
            try await until { try await streams(hook).isEmpty }
            try await until { ProcessTable.children(of: tool.process.pid).isEmpty }
            kill(tool.process.pid, SIGTERM)
            let ended = try await tool.finish()
            #expect(ended.status == .exited(0))
            #expect(ended.errors.contains("pushes to"))
            #expect(!ended.errors.contains("publishes \(nginx.url("cam-out"))"))
        }
    }

    @Test func `a source that is killed and comes back ten times has one publisher, and its numbers go on`()
        async throws
    {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 8, gop: 10)
        try await withServers("publish-live", { _ in ["--linger", "15s", "--timeout", "3s"] }) {
            relay, nginx, hook, tool in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            var segments = 0
            for round in 1...10 {
                let pusher = try push(clip, to: nginx.url("cam"), loops: true)
                try await until {
                    let list = try await streams(hook)
                    #expect(list.count <= 1)
                    let reached = list.first?["segments"] as? Int ?? 0
                    #expect(pusher.process.endedWith == nil, "the push of round \(round) has ended")
                    return reached > segments && list.first?["state"] as? String == "publishing"
                }
                segments = try await streams(hook).first?["segments"] as? Int ?? 0
                kill(pusher.process.pid, SIGKILL)
                _ = try await pusher.finish()
            }
            #expect(segments >= 10)
            let next = try await RunningTool.run("curl", ["-s", "\(relay.url)/cam/next"])
            #expect(try #require(Int(next.outputText.filter(\.isNumber))) >= segments)
            kill(tool.process.pid, SIGTERM)
            #expect(try await tool.finish().status == .exited(0))
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors.suffix(500))")
            #expect(ProcessTable.children(of: tool.process.pid).isEmpty)
        }
    }
}

/// A real RTSP server.
@Suite(
    .needsFFmpeg,
    .enabled(if: RTSPServer.isInstalled, "GStreamer's RTSP server is not installed: scripts/install-test-servers"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct RTSPSourceTests {
    private let folder = TemporaryFolder()

    @Test(arguments: ["tcp", "udp"])
    func `a camera is published over either transport, and no log has its password`(transport: String) async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 4)
        let server = try await RTSPServer(file: clip, transport: transport, credentials: ["viewer", "geheim/7@x"])
        try await RelayProcess.with { relay in
            let output = folder("out.ts")
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
                outputFile: .open(output, O_WRONLY | O_CREAT))
            let publisher = try await RunningTool.run(
                "publish-file",
                [
                    "rtsp://\(server.address)/cam", "--stream", "cam", "--url", relay.url, "--timeout", "3s",
                    "--verbose",
                ],
                environment: ["TRICKLE_CREDENTIALS": "viewer:geheim/7@x"])
            #expect(!publisher.errors.contains("geheim"))
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            let frames = try await FrameDigests(of: output)
            #expect(frames.videoCount == 100, "\(publisher.errors.suffix(1500))")
            #expect(frames.audioCount > 100)
            // Whoever begins at any keyframe can decode.
            #expect(try await RunningTool.run("ffprobe", ["-v", "error", output]).errors.isEmpty)
        }
        await server.stop()
    }

    @Test func `a wrong password is told without it`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        let server = try await RTSPServer(file: clip, transport: "tcp", credentials: ["viewer", "right"])
        let result = try await RunningTool.run(
            "publish-file", ["rtsp://viewer:wrong@\(server.address)/cam", "--stream", "cam", "--verbose"])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("401"), "\(result.errors)")
        #expect(!result.errors.contains("wrong"))
        await server.stop()
    }
}
