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

    @Test(.needsCurl) func `a relay runs with what its file says, and tells what needs a restart`() async throws {
        let file = write("relay:\n  path: live\n  max-channels: 2\n")
        try await RelayProcess.with(["--config", file]) { relay in
            #expect(relay.url.hasSuffix("/live"))
            for (name, status) in [("a", "200"), ("b", "503")] {
                let answer = try await RunningTool.run(
                    "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "\(relay.url)/\(name)"])
                #expect(answer.outputText == status)
            }
            _ = write("relay:\n  path: live\n  max-channels: 5\n  memory: 1GiB\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("'max-channels', 'memory' changed; the relay goes on as it was") }
            // One with mistakes changes nothing.
            _ = write("relay: {max-channels: none}\n")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("relay.yaml:1:9: ") && relay.hasSaid("all goes on as it was") }
        }
    }
}
