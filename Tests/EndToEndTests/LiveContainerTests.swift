import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Senders of other containers than MPEG-TS: one ffmpeg of the relay's makes that of them, and none is left behind.
@Suite(.serialized, .needsFFmpeg, .needsCurl, .needsProcessTable, .timeLimit(.minutes(TestLimit.minutes)))
struct LiveContainerTests {
    private let folder = TemporaryFolder()

    /// Has ffmpeg write a clip into another container.
    private func convert(_ clip: String, _ arguments: [String], to path: String) async throws {
        let result = try await RunningTool.run("ffmpeg", ["-v", "error", "-nostdin", "-i", clip] + arguments + [path])
        #expect(result.status.isSuccess, "\(result.errors)")
    }

    /// The codecs of a transport stream, in the order of its streams.
    private func codecs(of path: String) async throws -> [Substring] {
        let result = try await RunningTool.run(
            "ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path])
        // A stream that belongs to a program is listed twice.
        return Set(result.outputText.split(whereSeparator: { $0 == "\n" || $0 == "," })).sorted()
    }

    /// The ffmpegs of a relay, without what watches over them.
    private func ffmpegs(of relay: RelayProcess) -> [Int32] {
        ProcessTable.children(of: relay.process.pid).filter { ProcessTable.name(of: $0) == "ffmpeg" }
    }

    private func expectNoChildren(of relay: RelayProcess) async throws {
        try await eventually { ProcessTable.children(of: relay.process.pid).isEmpty }
    }

    /// Sends a file with curl, and reads the channel from its beginning to its end.
    private func carry(_ path: String, to door: String, _ output: String) async throws {
        try await RelayProcess.with { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"],
                outputFile: .open(output, O_WRONLY | O_CREAT))
            let sender = try await RunningTool.run("curl", ["-sS", "-T", path, "\(relay.url)/cam/\(door)"])
            #expect(sender.outputText.hasPrefix("published "), "\(sender.outputText)\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            try await expectNoChildren(of: relay)
        }
    }

    @Test(arguments: [
        ("mkv", []), ("flv", []), ("mp4", ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"]),
    ])
    func `the pictures and the sound of a container come out as they went in`(name: String, options: [String])
        async throws
    {
        try await TestMedia.makeClip(at: folder("clip.mp4"), seconds: 2)
        let sent = folder("sent.\(name)")
        try await convert(folder("clip.mp4"), ["-c", "copy"] + options, to: sent)
        try await carry(sent, to: "live.\(name)", folder("out.ts"))
        #expect(try await codecs(of: folder("out.ts")) == ["aac", "h264"])
        let frames = try await FrameDigests(of: sent)
        #expect(frames.videoCount == 50)
        #expect(try await FrameDigests(of: folder("out.ts")).frames["v"] == frames.frames["v"])
        #expect(try await FrameDigests(of: folder("out.ts")).audioCount >= frames.audioCount)
    }

    @Test(.needsEncoder("libvpx"), .needsEncoder("libopus"))
    func `what WebM holds is encoded`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"), seconds: 2, size: "160x90")
        let encoders = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"]
        try await convert(folder("clip.mp4"), encoders, to: folder("sent.webm"))
        try await carry(folder("sent.webm"), to: "live.webm", folder("out.ts"))
        #expect(try await codecs(of: folder("out.ts")) == ["aac", "h264"])
        #expect(try await FrameDigests(of: folder("out.ts")).videoCount == 50)
    }

    @Test(arguments: ["mkv", "webm", "flv", "mp4"])
    func `a text is refused in one line that people can read`(name: String) async throws {
        TemporaryFolder.write("no picture and no sound\n".utf8, to: folder("text"))
        try await RelayProcess.with { relay in
            let answer = try await RunningTool.run(
                "curl", ["-sS", "-w", "%{http_code}", "-T", folder("text"), "\(relay.url)/cam/live.\(name)"])
            let lines = answer.outputText.split(separator: "\n")
            #expect(lines.last == "415")
            #expect(lines.count == 2, "\(answer.outputText)")
            #expect(lines.first?.hasPrefix("ffmpeg takes no .\(name) from this: ") == true)
            #expect(!answer.outputText.contains("0x"), "\(answer.outputText)")
            try await expectNoChildren(of: relay)
            let channel = try await RunningTool.run("curl", ["-s", "-w", "%{http_code}", "\(relay.url)/cam/next"])
            #expect(channel.outputText.hasSuffix("404"))
        }
    }

    // MARK: In the middle

    /// A sender that has sent a clip, and stays.
    private func staying(_ clip: String, _ relay: RelayProcess) async throws -> (RunningTool, DescriptorWriter) {
        let sender = try RunningTool("curl", ["-sS", "-T", "-", "\(relay.url)/cam/live.mkv"], standardInput: .pipe)
        let input = try DescriptorWriter(#require(sender.process.standardInput), what: "curl")
        _ = try await input.write(#require(TemporaryFolder.contents(of: clip)))
        try await eventually {
            try await RunningTool.run("curl", ["-sf", "\(relay.url)/cam/next"]).status.isSuccess
        }
        return (sender, input)
    }

    @Test func `no ffmpeg is left of a sender that is killed`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mkv"), seconds: 3)
        try await RelayProcess.with { relay in
            let (sender, input) = try await staying(folder("clip.mkv"), relay)
            #expect(ffmpegs(of: relay).count == 1)
            kill(sender.process.pid, SIGKILL)
            try await expectNoChildren(of: relay)
            #expect(relay.process.endedWith == nil)
            input.close()
        }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `no ffmpeg is left of a relay that ends`(signal: Int32) async throws {
        try await TestMedia.makeClip(at: folder("clip.mkv"), seconds: 3)
        try await RelayProcess.with { relay in
            let (sender, input) = try await staying(folder("clip.mkv"), relay)
            let children = ProcessTable.children(of: relay.process.pid)
            #expect(ffmpegs(of: relay).count == 1)
            kill(relay.process.pid, signal)
            _ = await relay.process.exitStatus()
            try await eventually { !children.contains(where: ProcessTable.isRunning) }
            input.close()
            _ = try await sender.finish()
        }
    }

    @Test func `a publisher for whose ffmpeg there is no place is told to come back`() async throws {
        try await TestMedia.makeClip(at: folder("clip.mkv"), seconds: 3)
        try await RelayProcess.with(["--max-publisher-children", "1"]) { relay in
            let (sender, input) = try await staying(folder("clip.mkv"), relay)
            let second = ["-sS", "-i", "-T", folder("clip.mkv"), "\(relay.url)/other/live.mkv"]
            let refused = try await RunningTool.run("curl", second).outputText
            #expect(refused.contains(" 503 ") && refused.contains("Retry-After: "), "\(refused)")
            #expect(refused.contains("--max-publisher-children"), "\(refused)")
            // MPEG-TS itself needs no child.
            try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 1)
            let plain = try await RunningTool.run(
                "curl", ["-sS", "-T", folder("clip.ts"), "\(relay.url)/plain/live.ts"])
            #expect(plain.outputText == "published 1 segment of 'plain'\n")
            input.close()
            #expect(try await sender.finish().outputText.hasPrefix("published "))
            try await expectNoChildren(of: relay)
            #expect(try await RunningTool.run("curl", second).outputText.contains(" 200 "))
        }
    }
}
