import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Each mistake gets one line that says what is wrong, and the right exit code.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct MistakeTests {
    private let folder = TemporaryFolder()

    /// The one line of error that a run ends with.
    private func error(
        _ tool: String, _ arguments: [String], code: Int32, environment: [String: String?] = [:],
        location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await RunningTool.run(tool, arguments + ["--quiet"], environment: environment)
        #expect(result.status == .exited(code), "\(result.errors)", sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
        #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: location)
        #expect(result.errors.hasPrefix("\(tool): error: "), sourceLocation: location)
        return result.errors
    }

    @Test(arguments: ["publish-file", "read2pipe", "play", "subscriber-example"])
    func `a bad channel name or URL is a usage error`(tool: String) async throws {
        #expect(try await error(tool, ["--stream", "a/b"], code: 2).contains("'/'"))
        #expect(try await error(tool, ["--stream", ""], code: 2).contains("empty"))
        #expect(try await error(tool, ["--stream", "a", "--url", "ftp://host"], code: 2).contains("http://"))
        #expect(try await error(tool, ["--stream", "a", "--url", "http://host:99999"], code: 2).contains("port"))
        #expect(try await error(tool, ["--stream", "a", "--header", "no colon"], code: 2).contains("header"))
        #expect(try await error(tool, ["--stream", "a", "--nonsense"], code: 2).contains("--nonsense"))
    }

    @Test func `a file that is not there is told by its name`() async throws {
        let text = try await error("publish-file", ["/no/such/clip.mp4", "--stream", "a"], code: 1)
        #expect(text.contains("/no/such/clip.mp4"))
        #expect(try await error("publish-file", [folder.path, "--stream", "a"], code: 1).contains("folder"))
    }

    @Test(.needsFFmpeg) func `a file that is no video is told by its name`() async throws {
        for (name, content) in [("notes.txt", "nothing to see"), ("noise.mp4", "\u{1}\u{2}\u{3}"), ("empty.ts", "")] {
            TemporaryFolder.write(content.utf8, to: folder(name))
            let text = try await error("publish-file", [folder(name), "--stream", "a"], code: 1)
            #expect(text.contains(name))
            #expect(text.contains("not media"))
        }
    }

    @Test func `what is no MPEG-TS on standard input is told with what it looks like`() async throws {
        let path = folder("clip.mp4")
        TemporaryFolder.write([0, 0, 0, 32] + Array("ftypisom".utf8) + [UInt8](repeating: 7, count: 5000), to: path)
        try await RelayProcess.with { relay in
            let input = try OwnedDescriptor.open(path, O_RDONLY)
            let publisher = try RunningTool(
                "publish-file", ["--stream", "a", "--url", relay.url, "--quiet"],
                standardInput: .descriptor(input.rawValue))
            let result = try await publisher.finish()
            #expect(result.status == .exited(1))
            #expect(result.errorLines.count == 1)
            #expect(result.errors.contains("MP4"))
        }
    }

    @Test(.needsFFmpeg) func `a relay that is not there is told by its address`() async throws {
        let path = folder("clip.mp4")
        try await TestMedia.makeClip(at: path, seconds: 1)
        let url = ["--stream", "a", "--url", "http://127.0.0.1:1"]
        #expect(try await error("publish-file", [path] + url, code: 1).contains("http://127.0.0.1:1"))
        #expect(try await error("read2pipe", url + ["--wait", "0s"], code: 1).contains("http://127.0.0.1:1"))
        let files = url + ["--wait", "0s", "--out", folder("out")]
        #expect(try await error("subscriber-example", files, code: 1).contains("http://127.0.0.1:1"))
    }

    @Test func `an unknown channel has an exit code of its own`() async throws {
        try await RelayProcess.with { relay in
            let arguments = ["--stream", "nobody", "--url", relay.url, "--wait", "0s"]
            let folder = ["--out", folder("out")]
            let player = ["--player", "cat -"]
            for (tool, more) in [("read2pipe", []), ("subscriber-example", folder), ("play", player)] {
                let text = try await error(tool, arguments + more, code: 3)
                #expect(text.contains("nobody"))
            }
        }
    }

    @Test(arguments: [
        ("read2pipe", ">&-", "standard output is closed"), ("publish-pipe", "<&-", "cannot read standard input"),
        ("publish-file", "<&-", "cannot read standard input"),
    ])
    func `what was closed before the start is told, and nothing else is taken for it`(
        tool: String, closing: String, words: String
    ) async throws {
        try await RelayProcess.with { relay in
            let posted = try await RunningTool.run("curl", ["-sf", "--data-binary", "x", "\(relay.url)/a/0"])
            #expect(posted.status.isSuccess)
            let from = tool == "read2pipe" ? "--from 0" : ""
            let command = "exec \(BuiltTool.path(tool)) --stream a --url \(relay.url) --quiet \(from) \(closing)"
            let result = try await RunningTool.run("sh", ["-c", command])
            #expect(result.status == .exited(1), "\(result.errors)")
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(words))
        }
    }

    @Test func `a file where the folder should be is told as what it is`() async throws {
        TemporaryFolder.write("mine".utf8, to: folder("out"))
        let text = try await error("subscriber-example", ["--stream", "a", "--out", folder("out")], code: 1)
        #expect(text.contains("Not a directory"))
    }

    @Test func `a port that is taken is told with what to do`() async throws {
        try await RelayProcess.with { relay in
            let port = try #require(relay.url.split(separator: ":").last)
            let result = try await RunningTool.run("trickle-server", ["--addr", "localhost:\(port)"])
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("--addr"))
            let hooks = try await error("publish-live", ["--hook", "localhost:\(port)"], code: 1)
            #expect(hooks.contains(": the port is taken; stop what listens there, or choose another with --hook"))
        }
    }

    @Test func `a player that is not installed is told by its name`() async throws {
        let text = try await error("play", ["--stream", "a", "--player", "no-such-player -"], code: 1)
        #expect(text.contains("no-such-player"))
        let nothing = try await error("play", ["--stream", "a"], code: 1, environment: ["PATH": "/nonexistent"])
        #expect(nothing.contains("ffplay"))
        #expect(nothing.contains("mpv"))
    }

    @Test(.enabled(if: BuiltTool.isInstalled("ffplay"), "ffplay is not installed"))
    func `without a display, play says so`() async throws {
        let none = ["DISPLAY": String?.none, "WAYLAND_DISPLAY": String?.none, "SDL_VIDEODRIVER": String?.none]
        let text = try await error("play", ["--stream", "a", "--player", "ffplay"], code: 1, environment: none)
        #expect(text.contains("display"))
    }

    @Test func `an existing file is not overwritten without force`() async throws {
        try await RelayProcess.with { relay in
            for number in 0...1 {
                let posted = try await RunningTool.run(
                    "curl", ["-sf", "--data-binary", "segment \(number)", "\(relay.url)/a/\(number)"])
                #expect(posted.status.isSuccess)
            }
            TemporaryFolder.write("mine".utf8, to: folder("0.ts"))
            let arguments = [
                "--stream", "a", "--url", relay.url, "--from", "0", "--segments", "2", "--out", folder.path,
            ]
            #expect(try await error("subscriber-example", arguments, code: 1).contains("--force"))
            #expect(TemporaryFolder.contents(of: folder("0.ts")) == Array("mine".utf8))
            let forced = try await RunningTool.run("subscriber-example", arguments + ["--force"])
            #expect(forced.status.isSuccess, "\(forced.errors)")
            #expect(folder.names() == ["0.ts", "1.ts"])
            #expect(TemporaryFolder.contents(of: folder("0.ts")) == Array("segment 0".utf8))
        }
    }
}
