import Testing
import TrickleTesting

/// Players and pipes at a relay that asks who they are.
@Suite(.needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct AccessTests {
    private let folder = TemporaryFolder()
    private static let token = "e2e-token-of-16+"
    private static let encodedToken = "e2e-token-of-16%2B"

    private func withRelay(_ access: String, _ body: (RelayProcess) async throws -> Void) async throws {
        TemporaryFolder.write("access:\n\(access)\n".utf8, to: folder("relay.yaml"))
        try await RelayProcess.with(["--config", folder("relay.yaml"), "--verbose"], body)
    }

    private func frames(of url: String) async throws -> (count: Int, errors: String) {
        let result = try await RunningTool.run(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-i", url, "-map", "0:v", "-frames:v", "25", "-f", "framemd5", "-"])
        let count = result.outputText.split(separator: "\n").count { !$0.hasPrefix("#") }
        return (count, result.errors)
    }

    @Test func `a player with a token in its URL plays, and one without is told 401`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        try await withRelay("  - {allow: all, to: {token: \"\(Self.token)\"}}") { relay in
            let door = "\(relay.url)/cam/live.ts"
            let refused = try await RunningTool.run("curl", ["-sS", "-w", "%{http_code}", "-T", clip, door])
            #expect(refused.outputText.hasSuffix("401"), "\(refused.outputText)")
            let publisher = try RunningTool(
                "ffmpeg",
                [
                    "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "mpegts",
                    "\(door)?token=\(Self.encodedToken)",
                ])
            try await until { relay.hasSaid("is published") }
            for path in ["cam.ts", "cam/index.m3u8", "cam/master.m3u8", "cam/live.mp4"] {
                let url = "\(relay.url)/\(path)"
                let played = try await frames(of: "\(url)?token=\(Self.encodedToken)")
                #expect(played.count == 25, "\(path): \(played.errors)")
                let stopped = try await frames(of: url)
                #expect(stopped.count == 0 && stopped.errors.contains("401"), "\(path): \(stopped.errors)")
            }
            withExtendedLifetime(publisher) {}
            // Whatever was logged, the token was not.
            for text in [Self.token, Self.encodedToken] { #expect(!relay.hasSaid(text)) }
        }
    }

    @Test func `a token that is signed counts until it expires, also in the middle of a segment`() async throws {
        let key = folder("key")
        let secret = try await RunningTool.run("trickle-token", ["--new-secret"])
        TemporaryFolder.write(secret.output, to: key)
        func token(_ arguments: String...) async throws -> String {
            let made = try await RunningTool.run("trickle-token", ["--key", key] + arguments)
            try #require(made.status.isSuccess, "\(made.errors)")
            return made.outputText.split(separator: "\n").map(String.init).first ?? ""
        }
        let writer = try await token("--publish", "cam", "--read", "*", "--expires", "1h")
        let reader = try await token("--read", "cam", "--expires", "3s")
        try await withRelay("  - {to: {jwt: \(key)}}") { relay in
            func curl(_ token: String, _ arguments: [String]) async throws -> ToolResult {
                try await RunningTool.run("curl", ["-sS", "-H", "Authorization: Bearer \(token)"] + arguments)
            }
            let made = try await curl(writer, ["-f", "-d", "hi", "\(relay.url)/cam/0"])
            try #require(made.status.isSuccess, "\(made.errors)")
            let status = ["-o", "/dev/null", "-w", "%{http_code}"]
            let other = try await curl(writer, status + ["-d", "hi", "\(relay.url)/cam2/0"])
            #expect(other.outputText == "404", "a channel that the token does not name")
            // It waits for a segment that never comes, and is let go of when its token has expired.
            let waited = try await curl(reader, status + ["\(relay.url)/cam/1"])
            #expect(waited.outputText == "401", "\(waited.errors)")
            let late = try await curl(reader, ["\(relay.url)/cam/0"])
            #expect(late.outputText.contains("expired"), "\(late.outputText)")
            for text in [writer, reader] { #expect(!relay.hasSaid(text)) }
        }
    }
}
