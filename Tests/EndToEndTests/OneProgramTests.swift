import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// All clients are one program, `trickle`, behind links with their names.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct OneProgramTests {
    private static let clients = [
        "publish-file", "publish-frames", "publish-pipe", "publish-live", "restream", "read2pipe", "play",
        "subscriber-example",
        "pubsub-out", "pubsub-pipe", "trickle-stress", "trickle-demo",
    ]

    @Test(arguments: clients)
    func `a tool is the same by its name, through a link, and as an argument`(tool: String) async throws {
        let folder = TemporaryFolder()
        #expect(symlink(BuiltTool.path("trickle"), folder(tool)) == 0)
        for question in [
            ["--help"], ["--version"], ["--frobnicate"], ["--generate-completion-script", "fish"],
        ] {
            let named = try await RunningTool.run(tool, question)
            let linked = try await RunningTool.run(folder(tool), question)
            let told = try await RunningTool.run("trickle", [tool] + question)
            #expect(!(named.outputText + named.errors).isEmpty)
            for other in [linked, told] {
                #expect(other.status == named.status)
                #expect(other.outputText == named.outputText && other.errors == named.errors)
            }
        }
    }

    @Test func `trickle lists its tools, and helps with each`() async throws {
        for question in [[], ["--help"], ["help"]] {
            let help = try await RunningTool.run("trickle", question)
            #expect(help.status.isSuccess, "\(help.errors)")
            for tool in Self.clients { #expect(help.outputText.contains("\n  \(tool) ")) }
        }
        let help = try await RunningTool.run("trickle", ["help", "play"])
        #expect(help.outputText.contains("--player"))
        let version = try await RunningTool.run("trickle", ["--version"])
        #expect(version.outputText == (try await RunningTool.run("play", ["--version"])).outputText)
        let completion = try await RunningTool.run("trickle", ["--generate-completion-script", "bash"])
        #expect(completion.status.isSuccess && completion.outputText.contains("--player"))
    }

    @Test(arguments: [
        (["publsh-file", "a.ts"], "there is no tool 'publsh-file': did you mean 'publish-file'?"),
        (["frobnicate"], "there is no tool 'frobnicate'"),
        (["--frobnicate"], "there is no option '--frobnicate'"),
    ])
    func `what is no tool is told as that, with the one that was meant`(arguments: [String], line: String) async throws
    {
        let result = try await RunningTool.run("trickle", arguments)
        #expect(result.status == .exited(2))
        #expect(result.errors == "trickle: error: \(line) (see trickle --help)\n")
    }

    @Test func `the environment has options for a tool that is an argument, too`() async throws {
        let result = try await RunningTool.run(
            "trickle", ["read2pipe", "cam"], environment: ["TRICKLE_TIMEOUT": "soon"])
        #expect(result.status == .exited(2))
        #expect(result.errors.hasPrefix("read2pipe: error: ") && result.errors.contains("soon"), "\(result.errors)")
    }

    @Test(.enabled(if: BuiltTool.isInstalled("nm"), "nm is not installed"))
    func `no program that users get has more of Foundation than its essentials`() async throws {
        func symbols(_ program: String) async throws -> String {
            let result = try await RunningTool.run("nm", ["-D", "--undefined-only", BuiltTool.path(program)])
            #expect(result.status.isSuccess, "\(result.errors)")
            return result.outputText
        }
        // Names of Swift begin with the module's name and its length.
        #expect(try await symbols("trickle-conformance").contains("10Foundation"))
        for program in ["trickle", "trickle-server"] {
            let symbols = try await symbols(program)
            #expect(symbols.contains("20FoundationEssentials"))
            #expect(!symbols.contains("10Foundation"), "import FoundationEssentials, and look what libraries import")
        }
    }

    @Test func `what is larger than it may be is told`() async throws {
        let built = TemporaryFolder()
        let script = "\(BuiltTool.packageRoot)/scripts/check-sizes"
        let answer = "#!/bin/sh\necho OVERVIEW: A program.\n"
        for (byteCount, isRight) in [(24_000_000, true), (25_000_001, false)] {
            TemporaryFolder.write(
                answer.utf8 + [UInt8](repeating: 10, count: byteCount - answer.utf8.count), to: built("trickle"))
            #expect(chmod(built("trickle"), 0o755) == 0)
            let result = try await RunningTool.run("sh", [script, built.path, "trickle"])
            #expect(result.status.isSuccess == isRight, "\(result.errors)")
            #expect(result.errors.contains("trickle is larger than it may be") != isRight)
        }
        TemporaryFolder.write(answer.utf8, to: built("another"))
        #expect(chmod(built("another"), 0o755) == 0)
        let other = try await RunningTool.run("sh", [script, built.path, "another"])
        #expect(!other.status.isSuccess && other.errors.contains("has no limit"))
    }

    @Test func `what is installed is one program and links to it, each with its page and completions`() async throws {
        let built = TemporaryFolder()
        let prefix = TemporaryFolder()
        #expect(symlink(BuiltTool.path("trickle"), built("real")) == 0)
        let copied = try await RunningTool.run("cp", ["-L", built("real"), built("trickle")])
        #expect(copied.status.isSuccess)
        for tool in ["play", "read2pipe"] { #expect(symlink("trickle", built(tool)) == 0) }
        let script = "\(BuiltTool.packageRoot)/scripts/install-tools"
        let installed = try await RunningTool.run(
            "sh", [script, prefix.path, built.path, "trickle", "play", "read2pipe"])
        #expect(installed.status.isSuccess, "\(installed.errors)")
        for tool in ["play", "read2pipe"] {
            let target = try await RunningTool.run("readlink", [prefix("bin/\(tool)")])
            #expect(target.outputText == "trickle\n")
            let page = TemporaryFolder.contents(of: prefix("share/man/man1/\(tool).1")) ?? []
            #expect(String(decoding: page, as: UTF8.self).contains("timeout"))
            let version = try await RunningTool.run(prefix("bin/\(tool)"), ["--version"])
            #expect(version.status.isSuccess)
        }
        for file in ["bash-completion/completions/trickle", "zsh/site-functions/_play", "man/man1/trickle.1"] {
            #expect(access(prefix("share/\(file)"), R_OK) == 0)
        }
        let removed = try await RunningTool.run(
            "sh", [script, "--remove", prefix.path, "trickle", "play", "read2pipe"])
        #expect(removed.status.isSuccess)
        #expect(access(prefix("bin/trickle"), F_OK) != 0 && access(prefix("bin/play"), F_OK) != 0)
    }
}
