import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The relay's file: its options in one section, channels in another.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RelayConfigurationTests {
    private let folder = TemporaryFolder()

    private func write(_ yaml: String) -> String {
        TemporaryFolder.write(yaml.utf8, to: folder("relay.yaml"))
        return folder("relay.yaml")
    }

    private func run(_ arguments: String..., environment: [String: String?] = [:]) async throws -> ToolResult {
        try await RunningTool.run("trickle-server", arguments, environment: environment)
    }

    @Test func `all mistakes are told at once, those of options and those of channels`() async throws {
        let file = write(
            """
            relay:
              memroy: 2GiB
              max-channels: many
              no-page: 3
              config: other.yaml
              max-head: 1KiB
            channels:
              a: x://y
            """)
        let result = try await run("--config", file, "--check")
        #expect(result.status == .exited(1))
        let lines = result.errorLines
        #expect(lines.count == 7, "\(lines)")
        for (line, text) in zip(
            lines,
            [
                ":2:3: trickle-server has no option 'memroy' for its file: did you mean 'memory'?", ":3:3: ",
                ":4:3: 'no-page' has to be true or false", ":5:3: trickle-server has no option 'config' for its file",
                ":6:3: --max-head has to be between 8KiB and 256KiB", ":8:6: ",
                "trickle-server: error: \(file) has 6 mistakes: see above",
            ])
        {
            #expect(line.hasPrefix(text.hasPrefix(":") ? file + text : text), "\(line)")
        }
        // It does not run with half of it.
        #expect(try await run("--config", file, "--addr", "localhost:0").status == .exited(1))
        #expect(try await run("--check").status == .exited(2))
        // Whoever reads the log as JSON gets all of it as JSON.
        let logged = try await run("--config", file, "--log-format", "json").errorLines
        #expect(logged.count == 7 && logged.allSatisfy { $0.hasPrefix("{") }, "\(logged)")
    }

    @Test func `the command line wins over the environment, and that over the file`() async throws {
        let file = write("relay: {memory: 100MiB, max-channels: 7, keep-alive: 9s, no-page: true, path: live}\n")
        let result = try await run(
            "--config", file, "--memory=300MiB", "--print-config",
            environment: ["TRICKLE_MEMORY": "200MiB", "TRICKLE_MAX_CHANNELS": "8"])
        #expect(result.status == .exited(0), "\(result.errors)")
        let text = result.outputText
        for line in [
            "memory: 300MiB # the command line", "max-channels: 8 # TRICKLE_MAX_CHANNELS", "keep-alive: 9s # \(file)",
            "no-page: true # \(file)", "no-hls: false # default", "# metrics: not set",
        ] {
            #expect(text.contains("  \(line)\n"), "\(line) in \(text)")
        }
        // What is printed is a file that says the same.
        let again = try await run("--config", write(text), "--print-config")
        let values = { (text: String) in text.split(separator: "\n").map { $0.split(separator: " #")[0] } }
        #expect(values(again.outputText) == values(text))
    }

    @Test(arguments: [
        (["PORT": "4000"], "localhost:4000 # PORT"), (["BIND_ADDRESS": "0.0.0.0"], "0.0.0.0:2939 # BIND_ADDRESS"),
        (["PORT": "4000", "BIND_ADDRESS": "::1"], "[::1]:4000 # BIND_ADDRESS and PORT"), (["PORT": ""], "default"),
        (["PORT": "4000", "TRICKLE_ADDR": ":5"], ":5 # TRICKLE_ADDR"),
    ])
    func `where to listen is taken from PORT and BIND_ADDRESS, where nothing else says it`(
        environment: [String: String], line: String
    ) async throws {
        let variables = environment.mapValues { Optional($0) }
        let printed = try await run("--print-config", environment: variables)
        let address = printed.outputText.split(separator: "\n").first { $0.hasPrefix("  addr: ") } ?? ""
        #expect(address.replacing("'", with: "").hasSuffix(line), "\(printed.outputText)")
        let typed = try await run("--addr=localhost:1", "--print-config", environment: variables)
        #expect(typed.outputText.contains("addr: localhost:1 # the command line\n"), "\(typed.outputText)")
        let filed = try await run(
            "--config", write("relay: {addr: 'localhost:2'}\n"), "--print-config",
            environment: variables.merging(["TRICKLE_ADDR": nil]) { $1 })
        #expect(filed.outputText.contains("addr: localhost:2 # \(folder("relay.yaml"))\n"), "\(filed.outputText)")
    }

    @Test func `a relay listens at PORT, and says what is no port`() async throws {
        let port = try FreePort.take()
        let relay = try RunningTool("trickle-server", environment: ["PORT": "\(port)"])
        try await until { relay.hasSaid("http://localhost:\(port)/") || relay.process.endedWith != nil }
        #expect(relay.process.endedWith == nil)
        kill(relay.process.pid, SIGTERM)
        #expect(try await relay.finish().status.isSuccess)
        let wrong = try await run(environment: ["PORT": "many"])
        #expect(wrong.status == .exited(2))
        #expect(wrong.errors.hasPrefix("trickle-server: error: PORT is 'many': that is no address"), "\(wrong.errors)")
    }

    @Test(.needsCurl) func `a relay runs with what its file says, takes other limits, and tells what needs a restart`()
        async throws
    {
        let file = write("relay:\n  path: live\n  max-channels: 2\n")
        try await RelayProcess.with(["--config", file]) { relay in
            #expect(relay.url.hasSuffix("/live"))
            for (name, status) in [("a", "200"), ("b", "503")] {
                let answer = try await RunningTool.run(
                    "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "\(relay.url)/\(name)"])
                #expect(answer.outputText == status)
            }
            _ = write("relay:\n  path: live\n  max-channels: 3\n  memory: 512MiB\n  threads: 2\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("the relay goes by max-channels 3, memory 536870912 from now on") }
            try await until { relay.hasSaid("'threads' changed; the relay goes on as it was, restart it for that") }
            for (name, status) in [("b", "200"), ("c", "503")] {
                let answer = try await RunningTool.run(
                    "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "\(relay.url)/\(name)"])
                #expect(answer.outputText == status)
            }
            // What the file no longer says is the default again.
            _ = write("relay:\n  path: live\n  max-channels: 3\n  threads: 2\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("the relay goes by memory 1073741824 from now on") }
            // One with mistakes changes nothing.
            _ = write("relay: {max-channels: none}\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("relay.yaml:1:9: ") && relay.hasSaid("all goes on as it was") }
        }
    }

    @Test func `mistakes of access are told with all others, and no secret is`() async throws {
        let file = write(
            """
            relay: {memroy: 1GiB}
            access:
              - {allow: [read, lst], to: anybody}
              - {allow: publish, to: {user: ana, password: PLAINTEXT}}
              - {allow: publish, to: {token: SHORT}}
              - {to: {jwt: public.pem}}
              - {allow: all, channels: a/b, to: {address: somewhere}}
            """)
        let result = try await run("--config", file, "--check")
        #expect(result.status == .exited(1))
        let lines = result.errorLines
        for text in [
            ":1:9: trickle-server has no option 'memroy'", ":3:20: 'lst' cannot be allowed",
            ":4:48: 'password' is no hash of a password: 'trickle-token --hash-password' makes one",
            ":5:34: a token has 16 or more", ":6:16: ", ":7:28: 'a/b' is the name of no channel",
            ":7:47: 'somewhere' is no range of addresses",
        ] {
            #expect(lines.count { $0.hasPrefix(file + text) } == 1, "\(text) in \(lines)")
        }
        #expect(lines.count == 8, "\(lines)")
        #expect(!lines.contains { $0.contains("PLAINTEXT") || $0.contains("SHORT") })
    }

    @Test func `a file with rules alone is one, and what is printed of it has no secrets`() async throws {
        let file = write("access: [{allow: all, to: {token: SECRETSECRETSECRET}}]\n")
        let check = try await run("--config", file, "--check")
        #expect(check.status == .exited(0))
        #expect(check.errorLines.contains { $0.contains("1 rules of access") }, "\(check.errorLines)")
        let printed = try await run("--config", file, "--print-config")
        #expect(printed.status == .exited(0) && !printed.outputText.contains("SECRET"))
        #expect(try await run("--protect-metrics", "--addr", "localhost:0").status == .exited(2))
        let unprotected = try await run("--protect-metrics", "--metrics", "localhost:0", "--addr", "localhost:0")
        #expect(unprotected.status == .exited(1))
        #expect(unprotected.errorLines.last?.contains("--protect-metrics needs rules") == true)
    }

    @Test func `a relay that everybody reaches says so, and what closes it`() async throws {
        let warning = "may publish over, read and delete every channel: say who may with 'access:'"
        try await RelayProcess.with([], address: ":0") { relay in
            try await until { relay.hasSaid(warning) }
        }
        let file = write("access: [{allow: all, to: {address: 127.0.0.0/8}}]\n")
        for (arguments, address) in [([], "localhost:0"), ([], "127.0.0.1:0"), (["--config", file], ":0")] {
            try await RelayProcess.with(arguments, address: address) { relay in
                relay.process.signalGroup(SIGTERM)
                _ = await relay.process.exitStatus()
                #expect(!relay.hasSaid("may publish over"), "\(address)")
            }
        }
    }

    @Test func `SIGHUP reads the rules again, unless they have mistakes`() async throws {
        let file = write("access: [{allow: read, to: anybody}]\n")
        try await RelayProcess.with(["--config", file]) { relay in
            _ = write("access: [{allow: read, to: anybody}, {allow: list, to: anybody}]\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("2 rules say who may do what") }
            _ = write("access: [{allow: raed, to: anybody}]\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("relay.yaml:1:18: ") && relay.hasSaid("all goes on as it was") }
        }
    }

    @Test(.needsCurl) func `rules that come and go with SIGHUP count at once, also for what is under way`() async throws
    {
        func status(_ relay: RelayProcess, _ arguments: String...) async throws -> String {
            try await RunningTool.run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}"] + arguments).outputText
        }
        let rules = "access: [{allow: all, to: {token: SECRETSECRETSECRET}}]\n"
        let file = write("relay: {path: live}\n")
        try await RelayProcess.with(["--config", file]) { relay in
            #expect(try await status(relay, "-d", "hi", "\(relay.url)/cam/0") == "200")
            // It reads the segment, and waits for the next.
            let output = try OwnedDescriptor.open(folder("read"), O_WRONLY | O_CREAT)
            let reader = try RunningTool(
                "read2pipe", ["cam", "--from", "0", "--url", relay.url], outputFile: output)
            try await until { TemporaryFolder.contents(of: folder("read"))?.count == 2 }
            _ = write("relay: {path: live}\n" + rules)
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("what no rule allows is refused from now on") }
            let told = try await reader.finish()
            #expect(told.status == .exited(5) && told.errors.contains("(401: say who you are"), "\(told.errors)")
            #expect(try await status(relay, "-X", "POST", "\(relay.url)/cam") == "401")
            // An empty file is a mistake, and opens nothing.
            _ = write("")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("all goes on as it was") }
            #expect(try await status(relay, "\(relay.url)/_channels") == "401")
            _ = write("relay: {path: live}\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("anybody may publish, read and delete everything") }
            #expect(try await status(relay, "\(relay.url)/_channels") == "200")
        }
    }

    @Test func `metrics that ask for rules keep those that a file has lost`() async throws {
        let file = write("access: [{allow: all, to: {token: SECRETSECRETSECRET}}]\n")
        try await RelayProcess.with(["--config", file, "--metrics", "localhost:0", "--protect-metrics"]) { relay in
            _ = write("relay: {}\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("--protect-metrics needs rules") && relay.hasSaid("all goes on as it was") }
        }
    }
}
