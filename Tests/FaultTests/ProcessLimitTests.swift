import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Programs whose user may have no more processes and threads. The limit does not bind root.
@Suite(
    .enabled(if: getuid() != 0, "root may have as many processes as it likes"),
    .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe", "curl"), "ffmpeg or curl is not installed"),
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct ProcessLimitTests {
    private let folder = TemporaryFolder()

    /// Lowers a limit of a program that runs, so that it binds what it starts from now on and not its own start.
    private func lower(_ limit: String, of process: Int32) async throws {
        let result = try await RunningTool.run("prlimit", ["--pid", "\(process)", limit])
        try #require(result.status.isSuccess, "\(result.errors)")
    }

    @Test(
        .enabled(if: BuiltTool.isInstalled("prlimit"), "prlimit is not installed"),
        arguments: ["--nproc=1:1", "--nofile=40:40"])
    func `a relay that gets no more threads or descriptors answers 503, and goes on`(_ limit: String) async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 2)
        let relay = try await RelayProcess.start()
        let publisher = try RunningTool(
            "publish-file", [folder("clip.ts"), "--loop", "--stream", "cam", "--url", relay.url, "--quiet"])
        while try await status("\(relay.url)/cam/thumbnail.jpg") != "200" {}
        try await lower(limit, of: relay.process.pid)
        for _ in 0..<20 {
            // Another width is another picture.
            let width = Int.random(in: 16...1000)
            #expect(["503", "200"].contains(try await status("\(relay.url)/cam/thumbnail.jpg?width=\(width)")))
            if limit.hasPrefix("--nproc") { #expect(try await status("\(relay.url)/cam/live.mp4") == "503") }
        }
        #expect(try await status("\(relay.url)/_channels") == "200")
        #expect(relay.process.endedWith == nil)
        _ = await publisher.process.stop()
        await relay.stop()
    }

    private func status(_ url: String) async throws -> String {
        try await RunningTool.run("curl", ["-s", "-m", "60", "-o", "/dev/null", "-w", "%{http_code}", url]).outputText
    }
}
