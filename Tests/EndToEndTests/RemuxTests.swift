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
}
