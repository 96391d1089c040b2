import ChildProcesses
import Testing
import TrickleKit
import TrickleTesting

@testable import CommandFrame
@testable import Endings
@testable import MediaChildren
@testable import Publishing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// A live source whose relay is away for longer than a segment waits for it.
@Suite(
    .enabled(if: ExecutableSearch.find("ffmpeg") != nil, "ffmpeg is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct AbsentRelayTests {
    private func job(_ url: String, _ session: ToolSession) throws -> ChannelPublishing {
        var input = FFmpegCommand.Publishing(input: try MediaInput("lavfi:testsrc2=size=160x90:rate=25"))
        input.gop = .milliseconds(200)
        let relay = try RelayOptions.parse(["--url", url])
        var job = ChannelPublishing(input, to: try ChannelName("cam"), relay: relay, session: session)
        job.clientConfiguration.patience = .milliseconds(200)
        return job
    }

    private func session(_ stop: StopRequest) throws -> ToolSession {
        ToolSession(tool: "test", options: try LogOptions.parse(["--quiet"]), stop: stop)
    }

    private func until(_ holds: () -> Bool) async throws {
        while !holds() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test func `it is waited for, and the source begins again when it is there`() async throws {
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        let address = String(first.url.dropFirst("http://".count))
        let stop = StopRequest()
        let session = try session(stop)
        var job = try job(first.url, session)
        job.reopening = .within(.milliseconds(1), start: .seconds(60))
        let running = Task { [job] in try await job.run(session) }
        try await until { job.monitor.status.segments >= 2 }
        kill(first.process.pid, SIGKILL)
        _ = await first.stop()
        // Longer than the source might be away.
        try await until { job.monitor.status.phase == .waiting && job.monitor.status.openings >= 3 }
        let second = try await RelayProcess.start(address: address)
        let reader = try await RunningTool.run(
            "read2pipe", ["--stream", "cam", "--url", second.url, "--wait", "10m", "--from", "0", "--segments", "2"])
        #expect(reader.status == .exited(0), "\(reader.errors)")
        #expect(reader.output.count > 1_000)
        stop.make(signal: SIGTERM)
        try await running.value
        await second.stop()
    }

    @Test func `without a wish to go on, its loss is the end`() async throws {
        let relay = try await RelayProcess.start()
        let session = try session(StopRequest())
        let job = try job(relay.url, session)
        let running = Task { [job] in try await job.run(session) }
        try await until { job.monitor.status.segments >= 1 }
        kill(relay.process.pid, SIGKILL)
        _ = await relay.stop()
        let error = await #expect(throws: TrickleError.self) { try await running.value }
        #expect(error?.code == .relayUnreachable || error?.code == .connectionLost)
        #expect(job.monitor.status.openings == 1)
    }
}
