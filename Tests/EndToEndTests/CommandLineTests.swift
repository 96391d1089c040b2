import Foundation
import Testing
import TrickleTesting

/// What people type, and what they are told when it is not right.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct CommandLineTests {
    private static let tools = [
        "trickle-server", "publish-file", "publish-frames", "publish-pipe", "read2pipe", "play", "subscriber-example",
        "publish-live",
        "pubsub-out", "pubsub-pipe", "restream", "trickle-stress", "trickle-demo", "trickle-conformance",
        "trickle-chaos", "trickle-attack", "trickle-token",
    ]
    private static let clients = [
        "publish-file", "publish-frames", "publish-pipe", "read2pipe", "play", "subscriber-example",
    ]

    private func post(_ channel: String, _ text: String, _ relay: RelayProcess) async throws {
        let posted = try await RunningTool.run(
            "curl", ["-sf", "--data-binary", text, "\(relay.url)/\(channel)/0"])
        #expect(posted.status.isSuccess)
    }

    @Test(arguments: clients)
    func `a misspelt option is told before what is missing because of it`(tool: String) async throws {
        for arguments in [["--steam", "cam"], ["--steam=cam"], ["-stream", "cam"]] {
            let result = try await RunningTool.run(tool, arguments)
            let name = arguments[0].prefix { $0 != "=" }
            #expect(result.status == .exited(2))
            #expect(
                result.errors
                    == "\(tool): error: there is no option '\(name)': did you mean '--stream'? (see \(tool) --help)\n")
        }
    }

    @Test(arguments: tools)
    func `an option that no tool has is told as that`(tool: String) async throws {
        let result = try await RunningTool.run(tool, ["--frobnicate"])
        #expect(result.status == .exited(2))
        #expect(result.errors == "\(tool): error: there is no option '--frobnicate' (see \(tool) --help)\n")
    }

    @Test func `the suites say what they look for, and where it is not`() async throws {
        let gone = try await RunningTool.run("trickle-conformance", ["--url", "http://127.0.0.1:1"])
        #expect(gone.status == .exited(3))
        #expect(
            gone.errors
                == "trickle-conformance: error: cannot connect to 127.0.0.1:1: Connection refused: start a relay there, or name another with --url\n"
        )
        for (tool, line) in [
            ("trickle-conformance", "no rule has a name like nope: see --list"),
            ("trickle-chaos", "no scenario's name contains 'nope': see --list"),
            ("trickle-attack", "no attack's name contains 'nope': see --list"),
        ] {
            let result = try await RunningTool.run(tool, ["--filter", "nope"])
            #expect(result.status == .exited(2))
            #expect(result.errors == "\(tool): error: \(line)\n")
        }
    }

    @Test func `the value of an option is no option, whatever it begins with`() async throws {
        let result = try await RunningTool.run("publish-file", ["a.ts", "--ffmpeg-args", "-an"])
        #expect(result.errors.contains("no channel is named"), "\(result.errors)")
    }

    @Test func `of each option's value, it is told what is valid`() async throws {
        struct Description: Decodable {
            struct Command: Decodable { var arguments: [Argument] }
            struct Argument: Decodable {
                var kind: String
                var names: [Name]?
            }
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var command: Command
        }
        var seen: Set<String> = []
        for tool in Self.tools {
            let dump = try await RunningTool.run(tool, ["--experimental-dump-help"])
            let options = try JSONDecoder().decode(Description.self, from: Data(dump.output)).command.arguments
            for option in options where option.kind == "option" {
                guard let name = option.names?.first(where: { $0.kind == "long" })?.name else { continue }
                guard seen.insert(name).inserted else { continue }
                // The other option ends those for which this is a value like any other.
                let result = try await RunningTool.run(tool, ["--\(name)=\u{7}x", "--log-format=never"])
                #expect(result.status == .exited(2), "--\(name): \(result.errors)")
                #expect(!result.errors.contains(">' (see"), "--\(name): \(result.errors)")
            }
        }
    }

    @Test func `examples are given in the words of the option`() async throws {
        let wait = try await RunningTool.run("read2pipe", ["--wait", "soon"])
        #expect(
            wait.errors
                == "read2pipe: error: The value 'soon' is invalid for '--wait <time>': a time looks like 250ms, 10s, 1.5m or 2h (see read2pipe --help)\n"
        )
        let from = try await RunningTool.run("read2pipe", ["--from", "start"])
        #expect(from.errors.contains(": a start is next, current, the number of a segment, or -2, -3 … counted back"))
        let count = try await RunningTool.run("read2pipe", ["--segments", "few"])
        #expect(count.errors.contains("'--segments <count>': a whole number (see"))
        let coalesce = try await RunningTool.run("trickle-server", ["--coalesce", "soon"])
        #expect(coalesce.errors.contains("'--coalesce <auto|time>': auto, or a time like 4ms or 0 (see"))
        let tooLong = try await RunningTool.run("trickle-server", ["--coalesce", "2s"])
        #expect(tooLong.errors.contains("--coalesce can be 1s at most"))
    }

    @Test(arguments: [["a"], ["-s", "a"], ["--stream", "a"], []])
    func `a channel is named last, by -s, by --stream, or not at all where it is the only one`(
        naming: [String]
    ) async throws {
        try await RelayProcess.with { relay in
            try await post("a", "hello", relay)
            let folder = TemporaryFolder()
            let url = ["--url", relay.url, "--from", "0", "--segments", "1"]
            let read = try await RunningTool.run("read2pipe", url + naming)
            #expect(read.outputText == "hello", "\(read.errors)")
            let took = "read2pipe: takes the only channel at \(relay.url): 'a'"
            #expect(read.errorLines.contains(took) == naming.isEmpty, "\(read.errors)")
            let filed = try await RunningTool.run("subscriber-example", url + ["--out", folder.path] + naming)
            #expect(filed.status.isSuccess, "\(filed.errors)")
            #expect(folder.names() == ["0.ts"])
            let played = try await RunningTool.run(
                "play", ["--url", relay.url, "--from", "0", "--player", "head -c 5"] + naming)
            #expect(played.status.isSuccess, "\(played.errors)")
        }
    }

    @Test func `publishers take the channel as their last argument, too`() async throws {
        try await RelayProcess.with { relay in
            let piped = try await RunningTool.run(
                "sh",
                ["-c", "echo hello | \(BuiltTool.path("publish-pipe")) words --keep-open --url \(relay.url)"])
            #expect(piped.status.isSuccess, "\(piped.errors)")
            let read = try await RunningTool.run(
                "read2pipe", ["words", "--url", relay.url, "--from", "0", "--segments", "1"])
            #expect(read.outputText == "hello\n", "\(read.errors)")
        }
        let absent = try await RunningTool.run("publish-file", ["/no/such/clip.mp4", "cam"])
        #expect(absent.errors == "publish-file: error: there is no file '/no/such/clip.mp4'\n")
        let unnamed = try await RunningTool.run("publish-file", ["clip.mp4"])
        #expect(
            unnamed.errors
                == "publish-file: error: no channel is named: name it, as in 'publish-file clip.mp4 --stream cam' (see publish-file --help)\n"
        )
        let two = try await RunningTool.run("publish-file", ["clip.mp4", "cam", "-s", "wall"])
        #expect(two.errors.contains("two channels are named, 'wall' and 'cam': name one"))
    }

    @Test func `what is typed goes before the environment`() async throws {
        try await RelayProcess.with { relay in
            try await post("a", "hello", relay)
            let read = try await RunningTool.run(
                "read2pipe", ["a", "--from", "0", "--segments", "1"],
                environment: ["TRICKLE_URL": relay.url, "TRICKLE_STREAM": "b"])
            #expect(read.outputText == "hello", "\(read.errors)")
        }
    }

    @Test(arguments: ["read2pipe", "play", "subscriber-example"])
    func `without a name, several channels are listed, and none is told as such`(tool: String) async throws {
        try await RelayProcess.with { relay in
            let arguments = ["--url", relay.url, "--quiet"] + (tool == "play" ? ["--player", "cat -"] : [])
            let none = try await RunningTool.run(tool, arguments)
            #expect(none.status == .exited(3))
            #expect(
                none.errors
                    == "\(tool): error: nothing is published at \(relay.url): publish something, or name the channel that is to come, as in '\(tool) cam'\n"
            )
            for channel in ["b", "a"] { try await post(channel, "x", relay) }
            let several = try await RunningTool.run(tool, arguments)
            #expect(several.status == .exited(2))
            #expect(
                several.errors
                    == "\(tool): error: there are 2 channels at \(relay.url): 'a', 'b'; name one, as in '\(tool) a'\n")
        }
        let absent = try await RunningTool.run(
            tool, ["--url", "http://127.0.0.1:1", "--quiet"] + (tool == "play" ? ["--player", "cat -"] : []))
        #expect(
            absent.errors
                == "\(tool): error: no relay answers at http://127.0.0.1:1: is trickle-server running there, and is the port right?\n"
        )
    }
}
