import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What people are told while nothing comes: why, and how long that may take.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct WaitingMessageTests {
    private func until(_ tool: RunningTool, hasSaid line: String) async throws {
        while !tool.hasSaid(line) {
            try #require(tool.process.endedWith == nil, "it ended without a word of '\(line)'")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func post(_ path: String, _ relay: RelayProcess) async throws {
        let posted = try await RunningTool.run("curl", ["-sf", "--data-binary", "x", "\(relay.url)/\(path)"])
        #expect(posted.status.isSuccess)
    }

    @Test func `a relay that is not there is told as that, and not as an empty channel`() async throws {
        let reader = try RunningTool("read2pipe", ["cam", "--url", "http://127.0.0.1:1", "--wait", "10m"])
        try await until(
            reader,
            hasSaid:
                "read2pipe: waits for up to 600 s: no relay answers at http://127.0.0.1:1: is trickle-server running there, and is the port right?\n"
        )
    }

    @Test func `what is waited for is told by its name`() async throws {
        try await RelayProcess.with { relay in
            let channel = "\(relay.url)/cam"
            let early = try RunningTool("read2pipe", ["cam", "--url", relay.url, "--wait", "10m"])
            try await until(
                early, hasSaid: "read2pipe: waits for up to 600 s for \(channel), where nothing is published yet\n")
            try await post("cam/0", relay)
            let next = try RunningTool("read2pipe", ["cam", "--url", relay.url])
            try await until(
                next,
                hasSaid:
                    "read2pipe: waits for the next segment of \(channel): '--from current' begins with the one that is being written\n"
            )
            let far = try RunningTool("read2pipe", ["cam", "--url", relay.url, "--from", "100000"])
            try await until(
                far,
                hasSaid:
                    "read2pipe: waits for segment 100000 of \(channel), whose next one is 1: '--from current' begins at once\n"
            )
        }
    }

    @Test func `a relay that goes away and comes back is told as that, to who reads and who publishes`() async throws {
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        let address = String(first.url.dropFirst("http://".count))
        let reader = try RunningTool("read2pipe", ["words", "--url", first.url, "--from", "current", "--wait", "10m"])
        let publisher = try RunningTool(
            "sh",
            [
                "-c",
                "while echo hello; do sleep 0.05; done | exec \(BuiltTool.path("publish-pipe")) words --url \(first.url)",
            ])
        #expect(await reader.hasWritten(atLeast: 12))
        kill(first.process.pid, SIGKILL)
        _ = await first.stop()
        let gone = "the relay at \(first.url) does not answer any more: tries again\n"
        try await until(reader, hasSaid: "read2pipe: warning: \(gone)")
        try await until(publisher, hasSaid: "publish-pipe: warning: \(gone)")
        let second = try await RelayProcess.start(address: address)
        try await until(reader, hasSaid: "read2pipe: the relay at \(first.url) answers again\n")
        try await until(publisher, hasSaid: "publish-pipe: the relay at \(first.url) answers again\n")
        #expect(!reader.hasSaid("slower than the publisher"))
        await second.stop()
    }
}
