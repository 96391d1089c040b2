import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Ctrl-C ends every tool, whatever state it is in. A tool that does not end is killed in the end, which its status tells.
@Suite(
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct EndingUnderFaultTests {
    private let folder = TemporaryFolder()

    /// A tool whose own time limits do not end it: only the signal can.
    private func tool(
        _ name: String, _ arguments: [String], environment: [String: String?] = [:],
        standardInput: ChildProcess.Endpoint = .null, outputFile: OwnedDescriptor? = nil
    ) throws -> RunningTool {
        let patience = ["TRICKLE_TIMEOUT": "1h", "TRICKLE_STALL_TIMEOUT": "1h"]
        return try RunningTool(
            name, arguments, environment: environment.merging(patience) { $1 }, standardInput: standardInput,
            outputFile: outputFile)
    }

    /// Sends SIGINT as soon as the tool attends to signals.
    private func interrupt(_ tool: RunningTool, location: SourceLocation = #_sourceLocation) async throws {
        while ProcessTable.isRunning(tool.process.pid), !ProcessTable.handles(SIGINT, tool.process.pid) {
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(tool.process.pid, SIGINT)
        let result = try await tool.finish()
        #expect(result.status == .exited(130), "\(result.errors)", sourceLocation: location)
        #expect(ProcessTable.children(of: tool.process.pid).isEmpty, sourceLocation: location)
    }

    /// What a reader needs to know besides, so that it writes nothing where the tests happen to run.
    private func whereTo(_ reader: String) -> [String] {
        switch reader {
        case "play": ["--player", "cat -"]
        case "subscriber-example": ["--out", folder("out")]
        default: []
        }
    }

    /// A relay with an open segment of 4 MB in the channel `big`, behind a proxy.
    private func withBigSegment(_ body: (RelayProcess, FaultProxy) async throws -> Void) async throws {
        try await RelayProcess.with { relay in
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            let publisher = try RunningTool(
                "sh", ["-c", "{ head -c 4000000 /dev/zero; sleep 1000; } | curl -sN -T - -X POST \(relay.url)/big/0"])
            try await FaultProxy.with(to: port) { proxy in try await body(relay, proxy) }
            publisher.process.signalGroup(SIGKILL)
        }
    }

    @Test(arguments: ["read2pipe", "subscriber-example", "play"])
    func `a reader that waits for a channel`(tool: String) async throws {
        try await RelayProcess.with { relay in
            try await interrupt(
                self.tool(tool, ["--stream", "none", "--url", relay.url, "--wait", "10m"] + whereTo(tool)))
        }
    }

    @Test(arguments: ["read2pipe", "subscriber-example", "play"])
    func `a reader that waits for a relay`(tool: String) async throws {
        let port = try PlainListener().port
        try await interrupt(
            self.tool(tool, ["--stream", "none", "--url", "http://127.0.0.1:\(port)", "--wait", "10m"] + whereTo(tool)))
    }

    @Test func `a reader whose request nobody answers`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            let reader = try tool("read2pipe", ["--stream", "none", "--url", proxy.url])
            await proxy.wait { $0.bytesToRelay > 0 }
            try await interrupt(reader)
        }
    }

    @Test func `a reader in a segment that has stalled`() async throws {
        try await withBigSegment { _, proxy in
            await proxy.set(FaultPlan(fromRelay: .init(bytesPerSecond: 20_000)))
            let reader = try tool("read2pipe", ["--stream", "big", "--url", proxy.url, "--from", "0"])
            #expect(await reader.hasWritten(atLeast: 1))
            await proxy.set(.stalling(.fromRelay, .toRelay))
            try await interrupt(reader)
        }
    }

    @Test func `a reader whose standard output is full`() async throws {
        try await withBigSegment { relay, proxy in
            let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
            let reader = try tool(
                "read2pipe", ["--stream", "big", "--url", proxy.url, "--from", "0", "--wait", "10m"],
                outputFile: writeEnd)
            await proxy.wait { $0.bytesFromRelay > 500_000 }
            try await interrupt(reader)
            withExtendedLifetime((readEnd, relay)) {}
        }
    }

    @Test func `a player that takes nothing`() async throws {
        try await withBigSegment { relay, proxy in
            let player = try tool(
                "play",
                [
                    "--stream", "big", "--url", proxy.url, "--from", "0", "--wait", "10m", "--player",
                    "sh -c 'sleep 1000; :' -",
                ])
            await proxy.wait { $0.bytesFromRelay > 300_000 }
            try await interrupt(player)
        }
    }

    @Test func `a publisher that waits for standard input`() async throws {
        try await RelayProcess.with { relay in
            try await interrupt(
                tool("publish-file", ["--stream", "in", "--url", relay.url], standardInput: .pipe))
        }
    }

    @Test func `a publisher of lines whose request nobody answers`() async throws {
        let server = try PlainListener()
        try await FaultProxy.with(to: server.port) { proxy in
            let publisher = try tool(
                "publish-pipe", ["--stream", "lines", "--url", proxy.url], standardInput: .pipe)
            await proxy.wait { $0.bytesToRelay > 0 }
            try await interrupt(publisher)
        }
    }

    @Test func `a tool whose standard error takes nothing any more, with the second`() async throws {
        let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
        let flags = fcntl(writeEnd.rawValue, F_GETFL)
        _ = fcntl(writeEnd.rawValue, F_SETFL, flags | O_NONBLOCK)
        while write(writeEnd.rawValue, "x", 1) == 1 {}
        _ = fcntl(writeEnd.rawValue, F_SETFL, flags)
        let command = ChildCommand(
            BuiltTool.path("read2pipe"), ["--stream", "none", "--url", "http://127.0.0.1:1", "--verbose"])
        let tool = try ChildProcess(command, standardOutput: .null, standardError: .descriptor(writeEnd.rawValue))
        try await until { ProcessTable.handles(SIGINT, tool.pid) }
        let killing = Task {
            try await Task.sleep(for: TestLimit.wait)
            tool.signalGroup(SIGKILL)
        }
        // Whatever it says at its end, nobody takes: only another signal ends it.
        while tool.endedWith == nil {
            kill(tool.pid, SIGINT)
            try await Task.sleep(for: .milliseconds(50))
        }
        killing.cancel()
        #expect(await tool.exitStatus() == .exited(130))
        withExtendedLifetime(readEnd) {}
    }

    @Test(
        .enabled(if: BuiltTool.isInstalled("ffmpeg"), "ffmpeg is not installed"),
        arguments: ["lavfi:testsrc2=size=640x360:rate=25", "clip.ts"])
    func `a publisher whose relay takes nothing any more`(input: String) async throws {
        // Segments of a transport stream are ended without waiting for their answers: here for too many of them.
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 20)
        try await RelayProcess.with { relay in
            let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
            try await FaultProxy.with(to: port) { proxy in
                // It does not come to its end before the relay has stopped taking.
                let source = input == "clip.ts" ? [folder(input), "--loop"] : [input]
                let publisher = try tool(
                    "publish-file", source + ["--no-realtime", "--stream", "stuck", "--url", proxy.url])
                await proxy.wait { $0.bytesToRelay > 20_000 }
                await proxy.set(.stalling(.toRelay, .fromRelay))
                try await interrupt(publisher)
            }
        }
    }

    @Test(.enabled(if: BuiltTool.isInstalled("curl"), "curl is not installed"))
    func `a publisher whose ffmpeg does not listen, and its channel is closed all the same`() async throws {
        try StubProgram.write("ffmpeg", in: folder, "trap '' INT TERM HUP; while :; do sleep 1; done")
        try await RelayProcess.with { relay in
            let publisher = try tool(
                "publish-file", ["lavfi:testsrc2", "--stream", "deaf", "--url", relay.url],
                environment: ["PATH": StubProgram.path(with: folder)])
            func status() async throws -> String {
                let options = ["-s", "-o", folder("answer"), "-w", "%{http_code}"]
                return try await RunningTool.run("curl", options + ["\(relay.url)/deaf/next"]).outputText
            }
            while try await status() != "200" { try await Task.sleep(for: .milliseconds(5)) }
            while !ProcessTable.children(of: publisher.process.pid).contains(where: { ProcessTable.isRunning($0) }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await interrupt(publisher)
            #expect(try await status() == "404")
        }
    }
}
