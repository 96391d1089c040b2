import Testing
import TrickleTesting

/// An ffmpeg that misbehaves under the gateway of trickle-server.
@Suite(
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe", "curl"), "ffmpeg or curl is not installed"),
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct GatewayFaultTests {
    private let folder = TemporaryFolder()

    private func hasChild(_ relay: RelayProcess) -> Bool {
        ProcessTable.children(of: relay.process.pid).contains { ProcessTable.name(of: $0) == "ffmpeg" }
    }

    @Test func `an ffmpeg that neither makes MP4 nor ends is killed when nobody watches`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        try StubProgram.write("ffmpeg", in: folder, "trap '' TERM; while :; do sleep 1; done")
        let server = BuiltTool.path("trickle-server")
        try StubProgram.write("server", in: folder, "PATH='\(StubProgram.path(with: folder))' exec '\(server)' \"$@\"")
        let relay = try await RelayProcess.start(program: folder("server"))
        let publisher = try RunningTool(
            "publish-file", [folder("clip.ts"), "--loop", "--stream", "cam", "--url", relay.url, "--quiet"])
        let viewer = try RunningTool(
            "curl", ["-sf", "--retry", "9", "--retry-all-errors", "\(relay.url)/cam/live.mp4"])
        while !hasChild(relay) { try await Task.sleep(for: .milliseconds(20)) }
        _ = await viewer.process.stop()
        while hasChild(relay) { try await Task.sleep(for: .milliseconds(20)) }
        _ = await publisher.process.stop()
        await relay.stop()
    }
}
