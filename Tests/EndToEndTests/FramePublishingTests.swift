import PictureFormats
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// `publish-frames`, with a real ffmpeg and a real relay.
@Suite(.needsFFmpeg, .needsCurl, .needsEncoder("libwebp"), .timeLimit(.minutes(TestLimit.minutes)))
struct FramePublishingTests {
    private let folder = TemporaryFolder()

    private func makeClip(seconds: Int = 2) async throws -> String {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: seconds)
        return clip
    }

    /// The number that the channel's next segment will have.
    private func nextNumber(_ url: String, _ channel: String = "cam") async throws -> Int {
        let answer = try await RunningTool.run("curl", ["-s", "\(url)/\(channel)/next"])
        return Int(answer.outputText.filter(\.isNumber)) ?? 0
    }

    /// The newest pictures that the relay has.
    private func pictures(_ relay: RelayProcess, _ channel: String = "cam") async throws -> [[UInt8]] {
        let next = try await nextNumber(relay.url, channel)
        var pictures: [[UInt8]] = []
        for number in max(0, next - 5)..<next {
            let read = try await RunningTool.run("curl", ["-sf", "\(relay.url)/\(channel)/\(number)"])
            if read.status.isSuccess { pictures.append(read.output) }
        }
        return pictures
    }

    /// `codec,width,height` of a picture, which is decoded.
    private func shape(_ picture: [UInt8]) async throws -> String {
        TemporaryFolder.write(picture, to: folder("picture"))
        let probe = try await RunningTool.run(
            "ffprobe",
            [
                "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,width,height,nb_read_frames",
                "-of", "csv=p=0", folder("picture"),
            ])
        #expect(probe.errors == "")
        return probe.outputText.filter { !$0.isNewline }
    }

    @Test(arguments: [
        (PictureFormat.webp, ["--quality", "50"], "webp,320,180,1"),
        (.jpeg, ["--format", "jpeg", "--width", "161"], "mjpeg,160,90,1"),
    ])
    func `a file becomes whole pictures`(format: PictureFormat, options: [String], shape expected: String) async throws
    {
        let clip = try await makeClip()
        try await RelayProcess.with { relay in
            let publisher = try await RunningTool.run(
                "publish-frames", [clip, "--stream", "cam", "--url", relay.url] + options)
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let lines = publisher.errorLines
            #expect(lines.first == "publish-frames: publishes \(clip) as \(relay.url)/cam")
            #expect(lines.count == 2 && lines.last?.hasPrefix("publish-frames: published ") == true, "\(lines)")
            #expect(try await nextNumber(relay.url) >= 2)
            let pictures = try await pictures(relay)
            #expect(!pictures.isEmpty)
            for picture in pictures {
                #expect(PictureFormat(beginning: picture) == format && !format.isCut(picture))
                #expect(try await shape(picture) == expected)
            }
            let head = try await RunningTool.run("curl", ["-sf", "-o", "-", "-D", "-", "\(relay.url)/cam/-2"])
            #expect(
                String(decoding: head.output, as: UTF8.self).lowercased().contains(
                    "content-type: \(format.contentType)"))
        }
    }

    @Test(.needsEncoder("libaom-av1")) func `AV1 becomes files of AVIF`() async throws {
        let clip = try await makeClip()
        try await RelayProcess.with { relay in
            let publisher = try await RunningTool.run(
                "publish-frames", [clip, "--stream", "cam", "--url", relay.url, "--format", "avif", "--width", "162"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let pictures = try await pictures(relay)
            #expect(!pictures.isEmpty)
            for picture in pictures {
                #expect(PictureFormat(beginning: picture) == .avif && !PictureFormat.avif.isCut(picture))
                #expect(try await shape(picture) == "av1,162,90,1")
            }
        }
    }

    @Test func `keyframes are few, and a rate is a limit`() async throws {
        let clip = try await makeClip()
        try await RelayProcess.with { relay in
            let keyframes = try await RunningTool.run(
                "publish-frames", [clip, "--stream", "key", "--url", relay.url, "--keyframes-only"])
            #expect(keyframes.status.isSuccess, "\(keyframes.errors)")
            #expect((1...2).contains(try await nextNumber(relay.url, "key")))
            let slow = try await RunningTool.run(
                "publish-frames", [clip, "--stream", "slow", "--url", relay.url, "--fps", "5"])
            #expect(slow.status.isSuccess, "\(slow.errors)")
            #expect((1...11).contains(try await nextNumber(relay.url, "slow")))
        }
    }

    @Test(arguments: [[], ["--http1"]])
    func `pictures go over TLS, with HTTP/2 and without`(options: [String]) async throws {
        let clip = try await makeClip()
        try await SecureRelay.with { relay in
            let common = [clip, "--stream", "cam", "--url", relay.url]
            let trusting = try await RunningTool.run(
                "publish-frames", common + ["--ca-file", relay.certificate] + options)
            #expect(trusting.status.isSuccess, "\(trusting.errors)")
            let next = try await relay.curl("\(relay.url)/cam/next")
            #expect((Int(next.outputText.filter(\.isNumber)) ?? 0) >= 2)
            let doubting = try await RunningTool.run("publish-frames", common + options)
            #expect(doubting.status == .exited(1))
            #expect(doubting.errors.contains("is not trusted"), "\(doubting.errors)")
        }
    }

    @Test func `the variables of other producers are understood, those of the file last`() async throws {
        let clip = try await makeClip(seconds: 1)
        try await SecureRelay.with { relay in
            TemporaryFolder.write(
                "RTSP_URL=\(clip)\nUSE_HTTPS=true\nBROKER_PORT=1\nSTREAM_ID=filed\n".utf8, to: folder(".env"))
            let publisher = try await RunningTool.run(
                "publish-frames", environment: ["BROKER_PORT": "\(relay.port)"], directory: folder.path)
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            let next = try await relay.curl("\(relay.url)/filed/next")
            #expect((Int(next.outputText.filter(\.isNumber)) ?? 0) >= 1)
            let checking = try await RunningTool.run(
                "publish-frames", environment: ["BROKER_PORT": "\(relay.port)", "VERIFY_SSL": "true"],
                directory: folder.path)
            #expect(checking.status == .exited(1))
            #expect(checking.errors.contains("is not trusted"), "\(checking.errors)")
            let wrong = try await RunningTool.run(
                "publish-frames", environment: ["USE_HTTPS": "perhaps"], directory: folder.path)
            #expect(wrong.status == .exited(2))
            #expect(wrong.errors.contains("USE_HTTPS is 'perhaps'"), "\(wrong.errors)")
        }
    }

    @Test(.needsProcessTable) func `a relay that is away is waited for, told once, and taken when it comes`()
        async throws
    {
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        let address = String(first.url.dropFirst("http://".count))
        let publisher = try RunningTool(
            "publish-frames", ["lavfi:testsrc2=size=160x90:rate=25", "--stream", "cam", "--url", first.url])
        try await until { try await nextNumber(first.url) > 3 }
        await first.stop()
        let away = "warning: no relay answers at \(first.url)"
        try await until { publisher.hasSaid(away) }
        let second = try await RelayProcess.start(address: address)
        try await until { publisher.hasSaid("publish-frames: the relay at \(first.url) answers\n") }
        try await until { try await nextNumber(second.url) > 3 }
        await second.stop()
        let children = ProcessTable.children(of: publisher.process.pid)
        #expect(!children.isEmpty)
        kill(publisher.process.pid, SIGTERM)
        let result = try await publisher.finish()
        #expect(result.status == .exited(143), "\(result.errors)")
        #expect(result.errors.contains("; dropped: "), "\(result.errors)")
        for child in children { try await until { !ProcessTable.isRunning(child) } }
    }

    @Test func `a file whose relay never comes is an error, and not for ever`() async throws {
        let clip = try await makeClip(seconds: 1)
        let url = "http://\(OwnLoopbackAddress.make()):1"
        let result = try await RunningTool.run("publish-frames", [clip, "--stream", "cam", "--url", url])
        #expect(result.status == .exited(1))
        #expect(result.errorLines.last?.hasPrefix("publish-frames: error: no relay answers at \(url)") == true)
    }

    @Test func `what is no video is told in one line`() async throws {
        TemporaryFolder.write("Good morning\n".utf8, to: folder("text.txt"))
        let sound = folder("sound.wav")
        let made = try await RunningTool.run(
            "ffmpeg", ["-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=duration=1", sound])
        #expect(made.status.isSuccess)
        for (input, status, line) in [
            (folder("text.txt"), 1, "'\(folder("text.txt"))' is not media that ffmpeg can read: it looks like text"),
            (sound, 1, "'\(sound)' has no video"), (folder("none"), 1, "there is no file '\(folder("none"))'"),
            ("nonsense://camera", 1, "ffmpeg cannot open 'nonsense://camera': "),
            ("-", 2, "standard input is no input"),
        ] as [(String, Int32, String)] {
            let result = try await RunningTool.run(
                "publish-frames", [input, "--stream", "cam", "--url", "http://127.0.0.1:1"])
            #expect(result.status == .exited(status))
            #expect(result.errors.hasPrefix("publish-frames: error: \(line)"), "\(result.errors)")
            #expect(result.errorLines.count == 1)
        }
    }

    @Test func `a camera that is away is opened again and again`() async throws {
        let publisher = try RunningTool(
            "publish-frames", ["rtsp://127.0.0.1:1/cam", "--stream", "cam", "--url", "http://127.0.0.1:1"])
        try await until { publisher.hasSaid("opens it again in 0.") }
        kill(publisher.process.pid, SIGINT)
        let result = try await publisher.finish()
        #expect(result.status == .exited(130), "\(result.errors)")
    }

    @Test(
        .enabled(if: RTSPServer.isInstalled, "GStreamer's RTSP server is not installed: scripts/install-test-servers"),
        arguments: ["tcp", "udp"])
    func `a camera is published by RTSP, and opened again when it ends`(transport: String) async throws {
        let clip = try await makeClip(seconds: 30)
        let server = try await RTSPServer(file: clip, transport: transport, credentials: ["viewer", "geheim"])
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-frames", ["--url", relay.url],
                environment: ["RTSP_URL": "rtsp://viewer:geheim@\(server.address)/cam", "STREAM_ID": "door"])
            try await until { try await nextNumber(relay.url, "door") > 10 }
            for picture in try await pictures(relay, "door") { #expect(PictureFormat(beginning: picture) == .webp) }
            await server.stop()
            try await until { publisher.hasSaid("; opens it again in ") }
            kill(publisher.process.pid, SIGTERM)
            let result = try await publisher.finish()
            #expect(result.status == .exited(143))
            #expect(!result.errors.contains("geheim"), "\(result.errors)")
        }
    }

    @Test func `who is not let in is told what to pass, and ends with 5`() async throws {
        let clip = try await makeClip(seconds: 1)
        TemporaryFolder.write(
            "access:\n  - {allow: [read, list], to: anybody}\n".utf8, to: folder("relay.yaml"))
        try await RelayProcess.with(["--config", folder("relay.yaml")]) { relay in
            let result = try await RunningTool.run("publish-frames", [clip, "--stream", "cam", "--url", relay.url])
            #expect(result.status == .exited(5))
            #expect(result.errorLines.last?.contains("pass a token with --token") == true, "\(result.errors)")
        }
    }
}
