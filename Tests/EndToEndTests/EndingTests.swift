import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// How tools end by signals, and that nothing of theirs is left.
@Suite(.needsFFmpeg, .needsProcessTable, .timeLimit(.minutes(TestLimit.minutes))) struct EndingTests {
    private let live = ["lavfi:testsrc2=size=160x90:rate=25", "--gop", "1s", "--stream", "live"]

    /// A publisher of a live source, with its ffmpeg running and media on the relay.
    private func startPublisher(_ relay: RelayProcess) async throws -> (RunningTool, ffmpeg: Int32) {
        let publisher = try RunningTool("publish-file", live + ["--url", relay.url])
        let first = try await RunningTool.run(
            "read2pipe", ["--stream", "live", "--url", relay.url, "--from", "0", "--segments", "1", "--wait", "10m"])
        #expect(first.status.isSuccess, "\(first.errors)")
        let children = ProcessTable.children(of: publisher.process.pid)
        let ffmpeg = try #require(children.first { ProcessTable.name(of: $0) == "ffmpeg" })
        return (publisher, ffmpeg)
    }

    @Test func `ffmpeg does not outlive a publisher that is killed`() async throws {
        try await RelayProcess.with { relay in
            let (publisher, ffmpeg) = try await startPublisher(relay)
            kill(publisher.process.pid, SIGKILL)
            #expect(try await publisher.finish().status == .killed(signal: SIGKILL))
            try await until { !ProcessTable.isRunning(ffmpeg) }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends the segment, closes the channel and reaps the children`(signal: Int32) async throws {
        try await RelayProcess.with { relay in
            let (publisher, ffmpeg) = try await startPublisher(relay)
            let reader = try RunningTool(
                "read2pipe", ["--stream", "live", "--url", relay.url, "--from", "0", "--strict"])
            #expect(await reader.hasWritten(atLeast: 1))
            kill(publisher.process.pid, signal)
            #expect(try await publisher.finish().status == .exited(128 + signal))
            // The reader comes to a proper end, without loss: the last segment was finished and the channel closed.
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")
            #expect(!ProcessTable.isRunning(ffmpeg))
        }
    }

    @Test func `a reader ends by a signal while it waits`() async throws {
        try await RelayProcess.with { relay in
            let created = try await RunningTool.run("curl", ["-sf", "-X", "POST", "\(relay.url)/quiet"])
            #expect(created.status.isSuccess)
            let reader = try RunningTool("read2pipe", ["--stream", "quiet", "--url", relay.url, "--verbose"])
            // The signal handler stands before anything is said.
            let player = try RunningTool(
                "play", ["--stream", "quiet", "--url", relay.url, "--player", "cat -", "--from", "next"])
            try await until { ProcessTable.isRunning(reader.process.pid) && ProcessTable.isRunning(player.process.pid) }
            try await Task.sleep(for: .milliseconds(500))
            kill(reader.process.pid, SIGTERM)
            kill(player.process.pid, SIGINT)
            #expect(try await reader.finish().status == .exited(143))
            #expect(try await player.finish().status == .exited(130))
        }
    }

    @Test func `a second signal ends a tool at once, and a player that ignores signals with it`() async throws {
        try await RelayProcess.with { relay in
            let folder = TemporaryFolder()
            TemporaryFolder.write("#!/bin/sh\ntrap '' TERM INT\nexec sleep 1000\n".utf8, to: folder("player"))
            #expect(chmod(folder("player"), 0o755) == 0)
            let posted = try await RunningTool.run("curl", ["-sf", "--data-binary", "x", "\(relay.url)/a/0"])
            #expect(posted.status.isSuccess)
            let tool = try RunningTool(
                "play", ["--stream", "a", "--url", relay.url, "--from", "0", "--player", "\(folder("player")) -"])
            let pid = tool.process.pid
            try await until { ProcessTable.children(of: pid).contains { ProcessTable.name(of: $0) == "sleep" } }
            let player = try #require(ProcessTable.children(of: pid).first { ProcessTable.name(of: $0) == "sleep" })
            kill(pid, SIGINT)
            kill(pid, SIGTERM)
            #expect([.exited(130), .exited(143)].contains(try await tool.finish().status))
            try await until { !ProcessTable.isRunning(player) }
        }
    }

    @Test func `a relay that is asked to end drains and exits with 0`() async throws {
        let relay = try await RelayProcess.start()
        kill(relay.process.pid, SIGTERM)
        #expect(await relay.process.exitStatus() == .exited(0))
    }

    @Test func `the demo carries every frame and byte, and leaves nothing running`() async throws {
        let result = try await RunningTool.run("trickle-demo", ["--seconds", "4"])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.outputText.contains("120 encoded, 120 decoded"))
        #expect(result.outputText.contains("every frame and byte came through"))
        #expect(result.outputText.contains("first byte after"))
    }
}
