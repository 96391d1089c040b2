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
}
