import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

@Suite(.enabled(if: BuiltTool.isInstalled("make"), "make is not installed"), .timeLimit(.minutes(TestLimit.minutes)))
struct MakefileTests {
    private func make(_ arguments: String...) async throws -> ToolResult {
        try await RunningTool.run("make", ["--no-print-directory", "-C", BuiltTool.packageRoot] + arguments)
    }

    @Test func `help names every target with a line`() async throws {
        let help = try await make("help")
        #expect(help.status.isSuccess, "\(help.errors)")
        let targets = [
            "trickle-server", "publisher-ffmpeg", "play", "subscriber-example", "deps", "build", "test", "lint", "demo",
            "install", "help", "publisher", "pubsub-out", "pubsub-pipe", "publish-pipe", "publish-frames", "restream",
            "stress",
        ]
        for target in targets {
            #expect(help.outputText.split(separator: "\n").contains { $0.contains("make \(target) ") })
        }
    }

    @Test func `a relay has TLS by one word, and by no other`() async throws {
        let own = try await make("-n", "trickle-server", "tls=self")
        #expect(own.outputText.contains("trickle-server --tls-self-signed"), "\(own.errors)")
        let other = try await make("-n", "trickle-server", "tls=cert.pem")
        #expect(!other.status.isSuccess)
        #expect(other.errors.contains("tls= is 'self' or nothing"), "\(other.errors)")
    }

    @Test func `tools are installed in the home folder also where the shell leaves the tilde`() async throws {
        let home = TemporaryFolder()
        let result = try await RunningTool.run(
            "sh", ["\(BuiltTool.packageRoot)/scripts/install-tools", "~/my tools", BuiltTool.folder, "read2pipe"],
            environment: ["HOME": home.path, "TRICKLE_URL": "nonsense://"], directory: home.path)
        #expect(result.status.isSuccess, "\(result.errors)")
        #expect(home.names() == ["my tools"])
        let page = TemporaryFolder.contents(of: home("my tools/share/man/man1/read2pipe.1")) ?? []
        #expect(String(decoding: page, as: UTF8.self).contains("segments\\-as"))
    }

    @Test func `of two programs that are built at once, the one that fails says why`() async throws {
        let folder = TemporaryFolder()
        let swift = """
            #!/bin/sh
            for last; do :; done
            [ "$last" = bad ] || exit 0
            while ! test -e .build/stamps/good; do sleep 0.01; done
            echo "error: no such luck"
            exit 1
            """
        TemporaryFolder.write(swift.utf8, to: folder("swift"))
        #expect(chmod(folder("swift"), 0o755) == 0)
        let result = try await RunningTool.run(
            "make",
            [
                "-j2", "-C", folder.path, "-f", "\(BuiltTool.packageRoot)/Makefile", "build", "-o", "deps", "-o",
                "Package.swift", "SOURCES=", "SWIFT=./swift", "TOOLS=good bad",
            ])
        #expect(!result.status.isSuccess)
        #expect(result.errors.contains("no such luck"), "\(result.errors)")
    }

    @Test func `a value reaches its program with whatever characters it has`() async throws {
        let folder = TemporaryFolder()
        let rules = "include \(BuiltTool.packageRoot)/Makefile\nshow:\n\t@printf '%s|' \"$$in\" \"$$stream\"\n"
        TemporaryFolder.write(rules.utf8, to: folder("rules"))
        let name = #"it's $5 a "piece" #1 \.mp4"#
        let result = try await RunningTool.run(
            "make", ["-s", "-f", folder("rules"), "show", "in=\(name)", "stream=a$$b"])
        #expect(result.outputText == "\(name)|a$$b|", "\(result.errors)")
    }

    @Test(arguments: ["read2pipe", "play", "subscriber-example"])
    func `without a channel, the only one that is live is taken`(target: String) async throws {
        let folder = TemporaryFolder()
        try await RelayProcess.with { relay in
            for number in 0..<2 {
                let posted = try await RunningTool.run(
                    "curl", ["-sf", "--data-binary", "Good morning\n", "\(relay.url)/cam/\(number)"])
                #expect(posted.status.isSuccess)
            }
            let arguments = target == "play" ? "--player cat" : "--segments 2"
            let reader = try RunningTool(
                "make",
                [
                    "--no-print-directory", "-C", BuiltTool.packageRoot, target, "BIN=\(BuiltTool.folder)",
                    "-o", "\(BuiltTool.folder)/\(target)", "url=\(relay.url)", "out=\(folder("read"))",
                    "args=--from 0 \(arguments)",
                ])
            let line = "\(target): takes the only channel at \(relay.url): 'cam'\n"
            while !reader.hasSaid(line), reader.process.endedWith == nil {
                try await Task.sleep(for: .milliseconds(20))
            }
            let closed = try await RunningTool.run("curl", ["-sf", "-X", "DELETE", "\(relay.url)/cam"])
            #expect(closed.status.isSuccess)
            let result = try await reader.finish()
            #expect(result.errors.contains(line), "\(result.errors)")
        }
    }

    @Test func `publisher-ffmpeg without an input says so, and builds nothing`() async throws {
        let result = try await make("publisher-ffmpeg", "stream=a")
        #expect(!result.status.isSuccess)
        #expect(result.errors.contains("in= is missing"))
        let pipe = try await make("publish-pipe")
        #expect(pipe.errors.contains("stream= is missing"))
        let frames = try await make("publish-frames", "stream=a")
        #expect(frames.errors.contains("in= is missing"))
    }
}
