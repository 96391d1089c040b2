import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

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

    /// A relay whose ffmpeg does nothing and does not end, with a viewer for whom it was started.
    private func withHangingFFmpeg(_ body: (RelayProcess, _ viewer: RunningTool) async throws -> Void) async throws {
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
        try await body(relay, viewer)
        _ = await viewer.process.stop()
        _ = await publisher.process.stop()
        await relay.stop()
    }

    @Test func `an ffmpeg that neither makes MP4 nor ends is killed when nobody watches`() async throws {
        try await withHangingFFmpeg { relay, viewer in
            _ = await viewer.process.stop()
            while hasChild(relay) { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    @Test func `an ffmpeg that does not end keeps no relay from ending, and does not outlive it`() async throws {
        try await withHangingFFmpeg { relay, _ in
            let children = ProcessTable.children(of: relay.process.pid)
            kill(relay.process.pid, SIGTERM)
            #expect(await relay.process.exitStatus() == .exited(0))
            for child in children {
                while ProcessTable.isRunning(child) { try await Task.sleep(for: .milliseconds(20)) }
            }
        }
    }
}
