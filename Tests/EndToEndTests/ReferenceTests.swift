import Testing
import TrickleTesting

/// Files that name others: what somebody sent must not have the rest of the machine published.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct ReferenceTests {
    private let folder = TemporaryFolder()

    private func probe(_ input: String, _ arguments: [String] = []) async throws -> ToolResult {
        try await RunningTool.run("publish-file", [input, "--probe", "--timeout", "5s"] + arguments)
    }

    private static func list(_ kind: String, naming secret: String) -> String {
        switch kind {
        case "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://\(secret)\n#EXT-X-ENDLIST\n"
        case "ffconcat": "ffconcat version 1.0\nfile 'secret.ts'\n"
        case "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5999 RTP/AVP 33\n"
        default:
            """
            <?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" \
            profiles="urn:mpeg:dash:profile:isoff-live:2011"><Period><AdaptationSet contentType="video" mimeType="video/mp4">\
            <Representation id="0" bandwidth="1"><BaseURL>file://\(secret)</BaseURL></Representation></AdaptationSet></Period></MPD>
            """
        }
    }

    @Test(arguments: ["hls", "ffconcat", "sdp", "dash"], ["clip.mp4", "clip.m3u8", "%03d.ts", "concat:clip.mkv"])
    func `a text that names other files is refused, whatever it is called`(kind: String, name: String) async throws {
        try await TestMedia.makeClip(at: folder("secret.ts"), seconds: 1)
        TemporaryFolder.write(Self.list(kind, naming: folder("secret.ts")).utf8, to: folder(name))
        let result = try await probe(folder(name))
        #expect(result.status == .exited(1))
        #expect(!result.outputText.contains("H.264"))
        #expect(result.errors.contains("--allow-references"), "\(result.errors)")
    }

    @Test func `a list is read where the user allows it`() async throws {
        try await TestMedia.makeClip(at: folder("secret.ts"), seconds: 1)
        TemporaryFolder.write(Self.list("ffconcat", naming: "").utf8, to: folder("list.txt"))
        let result = try await probe(folder("list.txt"), ["--allow-references"])
        #expect(result.status.isSuccess, "\(result.errors)")
        #expect(result.outputText.contains("H.264"))
    }

    @Test func `a playlist from the network leads to no file of this machine`() async throws {
        try await TestMedia.makeClip(at: folder("secret.ts"), seconds: 1)
        let list = Self.list("hls", naming: folder("secret.ts"))
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\nContent-Length: \(list.utf8.count)\r\n\r\n"
        let http = try LoopbackSource(Array(list.utf8), speech: .answer(head: head), ending: .closes)
        let plain = try LoopbackSource(Array(list.utf8), ending: .closes)
        for url in ["http://127.0.0.1:\(http.port)/live.m3u8", "tcp://127.0.0.1:\(plain.port)"] {
            let result = try await probe(url)
            #expect(result.status == .exited(1))
            #expect(!result.outputText.contains("H.264"))
        }
    }

    @Test(arguments: ["png", "jpg", "webm", "mkv", "mov", "avi", "flv", "wav", "mp3", "ogg", "mpg", "gif"])
    func `what holds its media itself is read as before`(kind: String) async throws {
        let path = folder("%d a:b.\(kind)")
        let picture = ["png", "jpg"].contains(kind)
        let source = ["wav", "mp3", "ogg"].contains(kind) ? "sine" : "testsrc2=size=160x90"
        let made = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-f", "lavfi", "-i", source, "-t", "1"]
                + (picture ? ["-frames:v", "1", "-update", "1"] : [])
                + ["file:\(path)"])
        try #require(made.status.isSuccess, "\(made.errors)")
        let result = try await probe(path)
        #expect(!result.errors.contains("--allow-references"), "\(result.errors)")
        if !picture { #expect(result.status.isSuccess, "\(result.errors)") }
    }
}
