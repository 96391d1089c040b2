import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

@Suite(.needsFFmpeg, .timeLimit(.minutes(3))) struct RoundTripTests {
    private let folder = TemporaryFolder()

    /// Publishes a file as fast as possible, with a reader that came before, and tells what the reader wrote.
    private func carry(_ input: String, _ relay: RelayProcess, arguments: [String] = []) async throws -> String {
        let output = folder("out.ts")
        let reader = try RunningTool(
            "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "20s", "--strict"],
            outputFile: .open(output, O_WRONLY | O_CREAT | O_TRUNC))
        let publisher = try await RunningTool.run(
            "publish-file", [input, "--stream", "clip", "--url", relay.url, "--no-realtime"] + arguments)
        #expect(publisher.status.isSuccess, "\(publisher.errors)")
        let read = try await reader.finish()
        #expect(read.status.isSuccess, "\(read.errors)")
        return output
    }

    /// What is left of a file when ffmpeg alone turns it into a transport stream. (The frame with which an AAC encoder warms up is
    /// hidden by an MP4 file, and cannot be in a transport stream.)
    private func remuxed(_ clip: String) async throws -> String {
        let path = folder("remuxed.ts")
        let result = try await RunningTool.run(
            "ffmpeg", ["-v", "error", "-nostdin", "-y", "-i", clip, "-map", "0", "-c", "copy", "-f", "mpegts", path])
        #expect(result.status.isSuccess, "\(result.errors)")
        return path
    }

    @Test(arguments: ["mp4", "ts", "mkv"])
    func `every frame of a clip comes out as it went in`(container: String) async throws {
        let clip = folder("clip.\(container)")
        try await TestMedia.makeClip(at: clip)
        try await RelayProcess.with { relay in
            let sent = try await FrameDigests(of: remuxed(clip))
            let received = try await FrameDigests(of: carry(clip, relay))
            #expect(sent.videoCount == 100)
            #expect(sent.audioCount > 100)
            #expect(received == sent)
        }
    }

    @Test(.needsCaptures, arguments: TestMedia.captures)
    func `every frame of a capture comes out as it went in`(name: String) async throws {
        let clip = "\(try #require(TestMedia.folder))/\(name)"
        try await RelayProcess.with { relay in
            let sent = try await FrameDigests(of: clip)
            let received = try await FrameDigests(of: carry(clip, relay))
            #expect(sent.videoCount > 100)
            #expect(received == sent)
        }
    }

    @Test func `standard input is published without ffmpeg, byte for byte`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "20s"])
            let input = try OwnedDescriptor.open(clip, O_RDONLY)
            let publisher = try RunningTool(
                "publish-file", ["--stream", "clip", "--url", relay.url, "--from-start"],
                environment: ["PATH": "/nonexistent"], standardInput: .descriptor(input.rawValue))
            #expect(try await publisher.finish().status.isSuccess)
            #expect(try await reader.finish().output == TemporaryFolder.contents(of: clip))
        }
    }

    @Test func `a codec that MPEG-TS cannot carry is encoded`() async throws {
        let clip = folder("clip.avi")
        let made = try await RunningTool.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-c:v",
                "mjpeg", clip,
            ])
        #expect(made.status.isSuccess, "\(made.errors)")
        try await RelayProcess.with { relay in
            let output = try await carry(clip, relay, arguments: ["--gop", "1s"])
            let streams = try await RunningTool.run(
                "ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", output])
            #expect(streams.outputText.contains("h264"))
            #expect(try await FrameDigests(of: output).videoCount == 75)
            let next = try await RunningTool.run("curl", ["-s", "\(relay.url)/_channels"])
            #expect(next.status.isSuccess)
        }
    }

    @Test(.needsCaptures) func `the files of subscriber-example decode on their own from their first frame`()
        async throws
    {
        let clip = "\(try #require(TestMedia.folder))/broadcast-h264-1080-mp2.ts"
        try await checkFiles(of: clip, segmentCount: 2)
    }

    @Test func `a file is written for each GOP, and each decodes on its own`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip)
        try await checkFiles(of: clip, segmentCount: 4)
    }

    private func checkFiles(of clip: String, segmentCount: Int) async throws {
        let out = folder("deep/out")
        try await RelayProcess.with { relay in
            let subscriber = try RunningTool(
                "subscriber-example",
                ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "20s", "--out", out])
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--no-realtime"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let result = try await subscriber.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
        }
        let names = folder.names(in: "deep/out")
        #expect(names == (0..<segmentCount).map { "\($0).ts" })
        var frameCount = 0
        for name in names {
            let decoding = try await RunningTool.run(
                "ffmpeg", ["-v", "error", "-nostdin", "-i", "\(out)/\(name)", "-map", "0:v", "-f", "null", "-"])
            #expect(decoding.errors.isEmpty)
            let first = try await RunningTool.run(
                "ffprobe",
                [
                    "-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1", "-show_entries",
                    "frame=key_frame",
                    "-of", "csv=p=0", "\(out)/\(name)",
                ])
            #expect(first.outputText.hasPrefix("1"))
            frameCount += try await FrameDigests(of: "\(out)/\(name)").videoCount
        }
        let whole = try await FrameDigests(of: clip)
        #expect(frameCount == whole.videoCount)
    }

    @Test func `a second run goes on with the numbers of the first`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 2)
        try await RelayProcess.with { relay in
            for run in 1...2 {
                let publisher = try await RunningTool.run(
                    "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--no-realtime", "--keep-open"])
                #expect(publisher.status.isSuccess, "\(publisher.errors)")
                let next = try await RunningTool.run("curl", ["-s", "\(relay.url)/clip/next"])
                #expect(next.outputText.filter(\.isNumber) == "\(2 * run)")
            }
        }
    }

    @Test func `fifty readers of one publisher read the same bytes`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 3)
        try await RelayProcess.with { relay in
            let readers = try (0..<50).map { _ in
                try RunningTool(
                    "read2pipe", ["--stream", "clip", "--url", relay.url, "--from", "0", "--wait", "30s", "--strict"])
            }
            let publisher = try await RunningTool.run("publish-file", [clip, "--stream", "clip", "--url", relay.url])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            var outputs: Set<[UInt8]> = []
            for reader in readers {
                let result = try await reader.finish()
                #expect(result.status.isSuccess, "\(result.errors)")
                outputs.insert(result.output)
            }
            #expect(outputs.count == 1)
            #expect(outputs.allSatisfy { $0.count > 10_000 })
        }
    }

    @Test func `a base path and an IPv6 address work for all`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with(["--path", "/live/eu"], address: "[::1]:0") { relay in
            #expect(relay.url.hasPrefix("http://[::1]:"))
            #expect(relay.url.hasSuffix("/live/eu"))
            let received = try await FrameDigests(of: carry(clip, relay))
            #expect(received.videoCount == 25)
        }
    }
}
