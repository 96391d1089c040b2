import ChildProcesses
import Testing
import TrickleCore
import TrickleTesting

@testable import AccessControl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `trickle-token`, as it is typed.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct TokenToolTests {
    private func run(_ arguments: String...) async throws -> ToolResult {
        try await RunningTool.run("trickle-token", arguments)
    }

    private func token(_ key: TestKey, _ more: String...) async throws -> String {
        let result = try await RunningTool.run("trickle-token", ["--key", key.privateFile] + more)
        #expect(result.status.isSuccess && result.errors.isEmpty, "\(result.errors)")
        #expect(result.outputText.hasSuffix("\n"))
        return String(result.outputText.dropLast())
    }

    @Test(arguments: TestKey.allCases)
    func aTokenAllowsWhatItsMakerSaid(_ key: TestKey) async throws {
        let before = AccessClock().secondsSince1970()
        let token = try await token(
            key, "--publish", "cam", "--read", "cam*", "--read", "mic", "--list", "--replay", "*", "--metrics",
            "--audience", "relay", "--key-id", "k1", "--expires", "90m")
        let keys = try TokenKeys(JWTSettings(.file(key.publicFile), audience: "relay"), logger: LogLines().logger)
        let claims = try await keys.claims(of: token)
        #expect(
            claims.channels == [
                .publish: [ChannelPattern("cam")!], .read: [ChannelPattern("cam*")!, ChannelPattern("mic")!],
                .list: [.all], .replay: [.all], .metrics: [.all],
            ])
        let rest = try #require(claims.expiry) - before
        #expect(rest >= 5400 && rest < 5400 + TestLimit.wait / .seconds(1))
    }

    @Test(.enabled(if: PythonClients.areInstalled, "no PyJWT and joserfc: make clients"), arguments: TestKey.allCases)
    func othersReadTheTokenToo(_ key: TestKey) async throws {
        let token = try await token(key, "--publish", "cam*", "--expires", "never", "--audience", "relay")
        for library in ["PyJWT", "joserfc"] {
            let read = try await PythonClients.run(
                ForeignTokenTests.script, ["read", library, "\(key.algorithm)", key.publicFile, token])
            #expect(
                read.outputText == "{\"aud\": \"relay\", \"trickle\": {\"publish\": [\"cam*\"]}}\n", "\(read.errors)")
        }
    }

    @Test func aTokenCountsForAnHourUnlessItIsSaid() async throws {
        let claims = try await TokenKeys(JWTSettings(.file(TestKey.hs256.publicFile)), logger: LogLines().logger)
            .claims(of: token(.hs256, "--list"))
        #expect(try #require(claims.expiry) - AccessClock().secondsSince1970() <= 3601)
    }

    @Test func aMistakeIsOneLineThatSaysWhatToDo() async throws {
        let key = TestKey.eddsa.privateFile
        let usage = " (see trickle-token --help)"
        for (arguments, line) in [
            ([], "one of --key, --hash-password and --new-secret says what to make" + usage),
            (
                ["--new-secret", "--hash-password"],
                "one of --key, --hash-password and --new-secret says what to make" + usage
            ),
            (
                ["--key", key],
                "the token would allow nothing: say what it does, as in --read 'cam*' or --publish cam" + usage
            ),
            (["--key", key, "--read", "a/b"], nil), (["--key", key, "--list", "--expires", "soon"], nil),
            (["--key", key, "--list", "--expires", "0s"], nil),
        ] as [([String], String?)] {
            let result = try await RunningTool.run("trickle-token", arguments)
            #expect(result.status == .exited(2) && result.output.isEmpty && result.errorLines.count == 1)
            if let line { #expect(result.errors == "trickle-token: error: \(line)\n") }
        }
        for file in ["/nowhere/key.pem", TestKey.eddsa.publicFile, TestKey.file("encrypted-private.pem")] {
            let result = try await run("--key", file, "--list")
            #expect(result.status == .exited(1) && result.output.isEmpty && result.errorLines.count == 1)
            #expect(result.errors.contains(file))
        }
    }

    @Test func aSecretSignsAndChecks() async throws {
        let secret = try await run("--new-secret")
        let folder = TemporaryFolder()
        TemporaryFolder.write(secret.output, to: folder("secret"))
        let made = try await run("--key", folder("secret"), "--publish", "cam")
        let keys = try TokenKeys(file: folder("secret"))
        #expect(await keys.problem(with: String(made.outputText.dropLast())) == nil)
    }

    private func hash(_ input: String) async throws -> ToolResult {
        let folder = TemporaryFolder()
        TemporaryFolder.write(input.utf8, to: folder("input"))
        let file = OwnedDescriptor(open(folder("input"), O_RDONLY))
        return try await RunningTool(
            "trickle-token", ["--hash-password"], standardInput: .descriptor(file.rawValue)
        ).finish()
    }

    @Test func aPasswordIsHashed() async throws {
        for input in ["pass word", "pass word\n", "pass word\r\nmore\n"] {
            let result = try await hash(input)
            let hash = try #require(PasswordHash(String(result.outputText.dropLast())), "\(result.errors)")
            #expect(hash.fits("pass word"))
        }
        for input in ["", "\n", String(repeating: "x", count: 73), "a\0b"] {
            let result = try await hash(input)
            #expect(result.status == .exited(1) && result.output.isEmpty)
            #expect(result.errors == "trickle-token: error: a password has 1 to 72 bytes, and no NUL\n")
        }
    }

    @Test(.enabled(if: access("/dev/ptmx", R_OK | W_OK) == 0, "there is no /dev/ptmx to make terminals"))
    func aPasswordIsNotShownWhereItIsTyped() async throws {
        // A new terminal (pts(4)), unlocked, and its number.
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number) = (Int32(0), Int32(0))
        #expect(ioctl(terminal, 0x4004_5431, &lock) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
        let end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        defer {
            close(terminal)
            close(end)
        }
        let tool = try RunningTool("trickle-token", ["--hash-password"], standardInput: .descriptor(end))
        try await eventually { tool.hasSaid("Password: ") }
        #expect(!isShown(end))
        let typed = Array("secret\n".utf8)
        #expect(write(terminal, typed, typed.count) == typed.count)
        let result = try await tool.finish()
        #expect(result.errors == "Password: \n")
        #expect(try #require(PasswordHash(String(result.outputText.dropLast()))).fits("secret"))
        #expect(isShown(end))
    }

    private func isShown(_ terminal: Int32) -> Bool {
        var settings = termios()
        tcgetattr(terminal, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
