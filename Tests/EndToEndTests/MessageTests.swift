import Foundation
import Testing
import TrickleTesting

/// What tools say of what they are given, as text.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct MessageTests {
    private let folder = TemporaryFolder()

    private func until(_ tool: RunningTool, hasSaid line: String) async throws {
        while !tool.hasSaid(line) {
            try #require(tool.process.endedWith == nil, "it ended without a word of '\(line)'")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `a broken file is told once, and in plain words`() async throws {
        let (clip, broken) = (folder("clip.mp4"), folder("broken.mp4"))
        try await TestMedia.makeClip(at: clip, seconds: 1)
        TemporaryFolder.write(Array((TemporaryFolder.contents(of: clip) ?? []).prefix(3000)), to: broken)
        let result = try await RunningTool.run("publish-file", [broken, "cam"])
        #expect(
            result.errors
                == "publish-file: error: '\(broken)' is not media that ffmpeg can read: it is MP4 whose index is missing: copy it again, for its download or recording was broken off\n"
        )
        var numbers = SeededNumbers(seed: 3)
        for name in ["noise", "noise.bin", "noise.mp3"] {
            TemporaryFolder.write(
                (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }, to: folder(name))
            let noise = try await RunningTool.run("publish-file", [folder(name), "cam"])
            #expect(noise.errors.contains("it looks like none of the formats that ffmpeg knows"), "\(noise.errors)")
            #expect(noise.errorLines.count == 1, "\(noise.errors)")
        }
    }

    @Test(arguments: ["a named pipe", "HTTP"])
    func `noise is refused as noise, wherever it comes from`(way: String) async throws {
        var numbers = SeededNumbers(seed: 4)
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        TemporaryFolder.write(noise, to: folder("noise.bin"))
        try await RelayProcess.with { relay in
            let input: String
            var servers: [AnyObject] = []
            if way == "HTTP" {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: \(noise.count)\r\nConnection: close\r\n\r\n"
                let server = try LoopbackSource(noise, speech: .answer(head: head), ending: .closes)
                servers = [server]
                input = "http://127.0.0.1:\(server.port)/noise.bin"
            } else {
                input = folder("pipe")
                #expect(mkfifo(input, 0o600) == 0)
                servers = [try RunningTool("sh", ["-c", #"exec cat "$0" > "$1""#, folder("noise.bin"), input])]
            }
            let result = try await RunningTool.run("publish-file", [input, "cam", "--url", relay.url])
            #expect(result.status == .exited(1))
            let line =
                "publish-file: error: '\(input)' is not media that ffmpeg can read: it looks like none of the formats that ffmpeg knows: is it the right one?"
            #expect(result.errorLines.last == line, "\(result.errors)")
            withExtendedLifetime(servers) {}
        }
    }

    @Test func `a camera that takes the connection and says nothing is not taken for another kind of file`()
        async throws
    {
        let camera = try LoopbackSource([])
        let input = "rtsp://127.0.0.1:\(camera.port)/stream"
        try await RelayProcess.with { relay in
            let result = try await RunningTool.run(
                "publish-file", [input, "cam", "--url", relay.url, "--timeout", "1s"])
            #expect(result.status == .exited(1))
            let line =
                "publish-file: error: '\(input)' gives no answer that ffmpeg can read: is it an RTSP server, and does it work?"
            #expect(result.errorLines.last == line, "\(result.errors)")
        }
        withExtendedLifetime(camera) {}
    }

    @Test func `a loss is told once, and names its segment once`() async throws {
        try await RelayProcess.with { relay in
            // Somebody who breaks off in the middle of a segment, and says so to nobody.
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            try await PlainClient.with(port: port) { client in
                try await client.send("POST /cam/0 HTTP/1.1\r\nHost: relay\r\nContent-Length: 100\r\n\r\n0123456789")
                let reader = try RunningTool(
                    "read2pipe", ["cam", "--url", relay.url, "--from", "0", "--segments", "1"])
                #expect(await reader.hasWritten(atLeast: 10))
                client.endSending()
                let result = try await reader.finish()
                #expect(result.status == .exited(0))
                let losses = result.errorLines.filter { $0.contains("not whole") }
                #expect(
                    losses == ["read2pipe: warning: segment 0 is not whole: it was broken off by the publisher"],
                    "\(result.errors)")
                // No line says the same twice.
                for line in result.errorLines {
                    let parts = line.components(separatedBy: ": ")
                    #expect(Set(parts).count == parts.count, "\(line)")
                }
            }
        }
    }

    @Test func `an option that does nothing is told as that`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with { relay in
            let url = ["--url", relay.url, "--no-realtime", "--gop", "1s"]
            let line =
                "publish-file: warning: --gop does nothing here: the video is copied with the keyframes that it has; --transcode sets others"
            let copied = try await RunningTool.run("publish-file", [clip, "cam"] + url)
            #expect(copied.errorLines.first == line, "\(copied.errors)")
            #expect(copied.errorLines.dropFirst().first == "publish-file: publishes \(clip) as \(relay.url)/cam")
            let encoded = try await RunningTool.run("publish-file", [clip, "cam", "--transcode"] + url)
            #expect(!encoded.errorLines.contains(line), "\(encoded.errors)")
        }
    }

    @Test func `options that do nothing beside the others are told where they were typed`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with { relay in
            let typed = ["--url", relay.url, "--no-realtime", "--retry", "--rtsp-transport=udp", "--max-behind", "2"]
            let result = try await RunningTool.run(
                "publish-file", [clip, "cam", "--insecure"] + typed,
                environment: ["TRICKLE_CREDENTIALS": "someone:secret"])
            #expect(result.status.isSuccess)
            let warning = "publish-file: warning: "
            #expect(
                result.errorLines.filter { $0.hasPrefix(warning) } == [
                    "\(warning)--retry does nothing here: a file and standard input are read once",
                    "\(warning)--insecure does nothing here: the relay's URL begins with http://, so nothing is encrypted",
                    "\(warning)--rtsp-transport does nothing here: the input is not RTSP",
                    "\(warning)--max-behind does nothing here: the source waits for the relay; --on-slow drop lets it go on",
                ])
            let read = try await RunningTool.run("read2pipe", ["cam", "--url", relay.url, "--insecure", "--from", "0"])
            #expect(
                read.errorLines.first
                    == "read2pipe: warning: --insecure does nothing here: the relay's URL begins with http://, so nothing is encrypted"
            )
            let dropping = try await RunningTool.run(
                "publish-file",
                [clip, "cam2", "--url", relay.url, "--no-realtime", "--max-behind", "2", "--on-slow", "drop"])
            #expect(!dropping.errors.contains("does nothing"), "\(dropping.errors)")
        }
    }

    @Test func `who listens says where to push, refuses another key, and publishes when something comes`() async throws
    {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip, seconds: 2)
        try await RelayProcess.with { relay in
            let server = "rtmp://127.0.0.1:\(try FreePort.take())/live"
            let publisher = try RunningTool("publish-file", ["--listen", "\(server)/cam", "cam", "--url", relay.url])
            let invitation =
                "publish-file: waits for a push: in OBS, the server is \(server), and the stream key is cam\n"
            try await until(publisher, hasSaid: invitation)
            let refusal =
                "publish-file: warning: a push with the key 'wrong' is refused: another key is waited for\n"
            // ffmpeg may not listen yet.
            while !publisher.hasSaid(refusal) {
                _ = try await RunningTool.run("ffmpeg", push(clip, to: "\(server)/wrong"))
                try #require(publisher.process.endedWith == nil)
            }
            #expect(!publisher.hasSaid("publishes"))
            while !publisher.hasSaid("publishes") {
                _ = try await RunningTool.run("ffmpeg", push(clip, to: "\(server)/cam"))
            }
            let result = try await publisher.finish()
            #expect(result.status.isSuccess, "\(result.errors)")
            #expect(!result.errors.contains("published 0 segments"))
        }
    }

    private func push(_ path: String, to url: String) -> [String] {
        ["-nostdin", "-loglevel", "error", "-re", "-i", path, "-c", "copy", "-f", "flv", url]
    }

    @Test(.enabled(if: BuiltTool.isInstalled("ffplay"), "ffplay is not installed"))
    func `text is not played, and a display that does not answer is told`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with { relay in
            for (channel, body) in [("words", "Good morning\n"), ("cam", "@\(clip)")] {
                let posted = try await RunningTool.run(
                    "curl", ["-sf", "--data-binary", body, "\(relay.url)/\(channel)/0"])
                #expect(posted.status.isSuccess)
            }
            let url = ["--url", relay.url, "--from", "0", "--player", "ffplay", "--quiet"]
            let text = try await RunningTool.run("play", ["words"] + url, environment: ["SDL_VIDEODRIVER": "dummy"])
            #expect(text.status == .exited(1))
            #expect(text.errors == "play: error: the channel carries text, not media: read it with read2pipe\n")
            let blind = try await RunningTool.run(
                "play", ["cam"] + url,
                environment: ["DISPLAY": ":7777", "WAYLAND_DISPLAY": nil, "SDL_VIDEODRIVER": nil])
            #expect(blind.status == .exited(1))
            #expect(
                blind.errors
                    == "play: error: ffplay cannot open a window: does the display of DISPLAY or WAYLAND_DISPLAY answer, and may you use it?\n"
            )
        }
    }

    @Test func `a manual page has its whole name in one line`() async throws {
        let home = TemporaryFolder()
        let tools = ["read2pipe", "publish-file", "pubsub-out"]
        let result = try await RunningTool.run(
            "sh", ["\(BuiltTool.packageRoot)/scripts/install-tools", home.path, BuiltTool.folder] + tools)
        #expect(result.status.isSuccess, "\(result.errors)")
        for (tool, end) in zip(tools, ["standard output.", "at its keyframes.", "ends in \\-out back to it."]) {
            let page = TemporaryFolder.contents(of: home("share/man/man1/\(tool).1")) ?? []
            let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
            let place = try #require(lines.firstIndex(of: ".SH NAME"))
            #expect(lines[place + 1].hasPrefix("\(tool) \\- "))
            #expect(lines[place + 1].hasSuffix(end.replacing("\\-", with: "-")), "\(lines[place + 1])")
            #expect(lines[place + 2] == ".SH DESCRIPTION")
        }
    }
}
