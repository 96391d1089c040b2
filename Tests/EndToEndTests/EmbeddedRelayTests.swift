import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The example of a program that has a relay in its own HTTP server: docs/embedding.md.
@Suite(.needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct EmbeddedRelayTests {
    private let folder = TemporaryFolder()

    private func curl(_ arguments: String...) async throws -> String {
        try await RunningTool.run("curl", ["-s"] + arguments).outputText
    }

    /// - Parameter body: gets the program's URL, without a slash at the end.
    private func withProgram(_ body: (_ url: String) async throws -> Void) async throws {
        let program = try await RelayProcess.start(ChildCommand(BuiltTool.path("embedded-relay"), ["0"]))
        do { try await body(program.url) } catch {
            await program.stop()
            throw error
        }
        await program.stop()
    }

    @Test func `the program answers for itself, and the relay below its path`() async throws {
        try await withProgram { url in
            let text = folder("text")
            TemporaryFolder.write(Array("abc".utf8), to: text)
            #expect(try await curl("\(url)/hello") == "hello\n")
            _ = try await curl("--data-binary", "@\(text)", "\(url)/trickle/cam/0")
            // One connection for all of them.
            let answers = try await curl(
                "\(url)/trickle/cam/0", "\(url)/hello", "\(url)/cam/0", "\(url)/trickle/cam/next")
            #expect(answers == "abchello\nthe program has nothing at /cam/0\n1")
        }
    }

    @Test func `the tools publish and read below the path, and HLS plays there`() async throws {
        let (clip, copy, played) = (folder("clip.ts"), folder("copy.ts"), folder("played.ts"))
        try await TestMedia.makeClip(at: clip, seconds: 4)
        try await withProgram { url in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", "\(url)/trickle", "--from", "0", "--wait", "1m"],
                outputFile: .open(copy, O_WRONLY | O_CREAT | O_TRUNC))
            let publisher = try RunningTool("publish-file", [clip, "--stream", "cam", "--url", "\(url)/trickle"])
            let playlist = "\(url)/trickle/cam/index.m3u8"
            while try await !RunningTool.run("curl", ["-sf", playlist]).status.isSuccess {
                try await Task.sleep(for: .milliseconds(20))
            }
            // Nothing that players get leads out of the path.
            for text in [try await curl(playlist), try await curl("\(url)/trickle/cam/master.m3u8")] {
                let uris = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                #expect(!uris.isEmpty && uris.allSatisfy { !$0.hasPrefix("/") && !$0.contains("://") }, "\(text)")
            }
            let player = try await RunningTool.run(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-live_start_index", "0", "-i", playlist, "-map", "0", "-c", "copy",
                    played,
                ])
            #expect(player.status.isSuccess && player.errors == "", "\(player.errors)")
            #expect(try await publisher.finish().status.isSuccess)
            #expect(try await reader.finish().status.isSuccess)
            let sent = try await FrameDigests(of: clip)
            #expect(try await FrameDigests(of: played) == sent)
            #expect(try await FrameDigests(of: copy) == sent)
        }
    }
}
