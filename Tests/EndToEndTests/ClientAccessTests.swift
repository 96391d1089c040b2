import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What clients say that a relay does not let in, and what they send so that it does.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ClientAccessTests {
    private static let secret = "S3cret.t0ken"

    private func with(
        _ status: Int, refusing refuses: @escaping @Sendable (String) -> Bool = { _ in true },
        _ body: (GuardedServer) async throws -> Void
    ) async throws {
        let server = try GuardedServer.start(status: status, refuses: refuses)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Runs a tool with text on its standard input.
    private func run(
        _ tool: String, _ arguments: [String], on server: GuardedServer, environment: [String: String?] = [:],
        input: String = ""
    ) async throws -> ToolResult {
        let folder = TemporaryFolder()
        TemporaryFolder.write(input.utf8, to: folder("input"))
        let file = OwnedDescriptor(open(folder("input"), O_RDONLY))
        return try await RunningTool(
            tool, arguments + ["--url", server.url], environment: environment, directory: folder.path,
            standardInput: .descriptor(file.rawValue)
        ).finish()
    }

    private static let tools: [(String, [String])] = [
        ("publish-pipe", ["cam"]), ("read2pipe", ["cam"]), ("read2pipe", []), ("subscriber-example", ["cam"]),
        ("play", ["cam", "--player", "cat"]), ("trickle-stress", ["--publishers", "1", "--subscribers", "1"]),
    ]

    @Test(arguments: tools, [401, 403])
    func `who is not let in is told what to pass, and does not try again`(
        _ tool: (name: String, arguments: [String]), _ status: Int
    ) async throws {
        try await with(status) { server in
            let result = try await run(tool.name, tool.arguments, on: server, input: "line\n")
            #expect(result.status == .exited(5), "\(result.errors)")
            #expect(result.errorLines.filter { $0.contains("error: ") }.count == 1, "\(result.errors)")
            #expect(
                result.errors.contains(
                    "(\(status): not you); pass a token with --token or in TRICKLE_TOKEN, or user and password in the URL"
                ),
                "\(result.errors)")
            #expect(Set(server.requests).count == server.requests.count, "\(server.requests)")
            #expect(server.requests.count <= (tool.name == "trickle-stress" ? 2 : 1), "\(server.requests)")
            #expect(server.authorizations == [nil])
        }
    }

    @Test(
        .needsFFmpeg,
        arguments: [("pubsub-out", []), ("pubsub-pipe", ["--out", "result.ts"])] as [(String, [String])],
        [401, 403])
    func `so is who sends on what comes back`(_ tool: (name: String, arguments: [String]), _ status: Int) async throws {
        try await with(status) { server in
            let result = try await run(tool.name, tool.arguments + ["--hook", "localhost:0"], on: server)
            #expect(result.status == .exited(5), "\(result.errors)")
            #expect(result.errorLines.filter { $0.contains("error: ") }.count == 1, "\(result.errors)")
            #expect(result.errorLines.last?.contains("(\(status): not you); pass a token with --token") == true)
            #expect(server.requests.count == 1, "\(server.requests)")
        }
    }

    @Test(.needsFFmpeg)
    func `so is who publishes a file`() async throws {
        let folder = TemporaryFolder()
        try await TestMedia.makeClip(at: folder("clip.ts"))
        try await with(401) { server in
            let result = try await run("publish-file", [folder("clip.ts"), "cam"], on: server)
            #expect(result.status == .exited(5) && result.errorLines.count == 1, "\(result.errors)")
            #expect(server.requests == ["POST /cam"])
        }
    }

    @Test(arguments: [401, 403])
    func `a publisher that is no longer let in ends`(_ status: Int) async throws {
        try await with(status, refusing: { $0 == "POST /cam/1" }) { server in
            let result = try await run(
                "publish-pipe", ["cam", "--split", "lines", "--token", Self.secret], on: server, input: "a\nb\nc\n")
            #expect(result.status == .exited(5), "\(result.errors)")
            #expect(result.errorLines.last?.contains("(\(status): not you)") == true, "\(result.errors)")
            #expect(server.requests.filter { $0 == "POST /cam/1" }.count == 1)
            #expect(!server.requests.contains("DELETE /cam"))
        }
    }

    @Test(arguments: [401, 403])
    func `a reader that is no longer let in ends with what it had`(_ status: Int) async throws {
        try await with(status, refusing: { $0 == "GET /cam/2" }) { server in
            let result = try await run("read2pipe", ["cam", "--from", "0", "--token", Self.secret], on: server)
            #expect(result.status == .exited(5), "\(result.errors)")
            #expect(result.outputText == "segment 0\nsegment 1\n")
            #expect(result.errorLines.last?.contains("(\(status): not you)") == true, "\(result.errors)")
            #expect(server.requests.filter { $0 == "GET /cam/2" }.count == 1)
        }
    }

    @Test func `a token is sent and never shown`() async throws {
        for (arguments, environment) in [
            (["--token", Self.secret], [:]), ([], ["TRICKLE_TOKEN": Self.secret]),
            (["--token=\(Self.secret)"], ["TRICKLE_TOKEN": "another"]),
        ] as [([String], [String: String?])] {
            try await with(401, refusing: { $0 == "GET /cam/1" }) { server in
                let result = try await run(
                    "read2pipe", ["cam", "--from", "0", "--verbose"] + arguments, on: server, environment: environment)
                #expect(result.status == .exited(5))
                #expect(result.errors.contains("the relay does not take these credentials"))
                #expect(!result.errors.contains(Self.secret))
                #expect(server.authorizations == ["Bearer \(Self.secret)"])
            }
        }
    }

    @Test func `a token that is none is not shown either`() async throws {
        for token in ["S3cret\nt0ken", "S3cret t0ken", "S3crét", ""] {
            let result = try await RunningTool.run("read2pipe", ["cam", "--token", token])
            #expect(result.status == .exited(2))
            #expect(
                result.errors
                    == "read2pipe: error: the token is empty, or has characters that no token has: is it whole, and one line? (see read2pipe --help)\n"
            )
        }
    }

    @Test func `a channel of restream's that is not let in is told, and waits`() async throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write("channels: {cam: ['tcp://127.0.0.1:9']}\n".utf8, to: folder("restream.yaml"))
        try await with(403) { server in
            let restream = try RunningTool(
                "restream", ["--config", folder("restream.yaml"), "--url", server.url, "--token", Self.secret])
            try await eventually { restream.hasSaid("these credentials do not suffice for it (403: not you)") }
            kill(restream.process.pid, SIGTERM)
            let result = try await restream.finish()
            #expect(result.status == .exited(0))
            #expect(result.errors.contains("tries again in 60.0 s"), "\(result.errors)")
            #expect(server.requests == ["POST /cam"])
            #expect(server.authorizations == ["Bearer \(Self.secret)"])
        }
    }
}
