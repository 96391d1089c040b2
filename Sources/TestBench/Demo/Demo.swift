import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Live video from ffmpeg through a relay and out again, with every part a process of its own, watched from both ends.
///
///     ffmpeg ─► (counts, times, SHA-256) ─► publish-file ─► trickle-server ─► read2pipe ─► (the same) ─► ffmpeg
public struct Demo: Sendable {
    private let commands: DemoCommands
    /// nil until a signal comes.
    private let seconds: Int?
    private let output = Console(descriptor: STDOUT_FILENO)

    /// - Parameter folder: Where the tools were built.
    public init(folder: String, seconds: Int?) {
        commands = DemoCommands(folder: folder)
        self.seconds = seconds
    }

    /// Runs to the end, and leaves nothing running.
    ///
    /// - Throws: ``ToolFailure`` when not every frame and byte came through.
    public func run(_ session: ToolSession) async throws {
        let hasClock = try await LoggedChild(DemoCommands.drawingTrial, logger: session.logger).end().isSuccess
        let relay = try await DemoRelay.start(commands, logger: session.logger)
        let measures: DemoMeasures
        do {
            measures = try await send(through: relay, showsClock: hasClock, session)
        } catch {
            try? await relay.stop()
            throw error
        }
        try await relay.stop()
        output.write(line: "")
        for line in DemoReport.summary(measures) { output.write(line: line) }
        if let fault = measures.faults.first { throw ToolFailure("the demo failed: \(fault)", exit: .dataLost) }
    }

    private func send(through relay: DemoRelay, showsClock: Bool, _ session: ToolSession) async throws -> DemoMeasures {
        let source = commands.source(seconds: seconds, clock: showsClock, encoder: "libx264")
        let pipeline = try DemoPipeline(commands, url: relay.url, source: source, logger: session.logger)
        session.stop.whenMade { pipeline.requestEnd() }
        output.write(
            line:
                "A test pattern goes from ffmpeg through the relay at \(relay.url) and back. In another terminal, try:")
        for suggestion in commands.suggestions(url: relay.url) { output.write(line: "    \(suggestion)") }
        if seconds == nil { output.write(line: "Ctrl-C ends it.") }
        let reporting = Task { try await report(pipeline) }
        let joining = Task { try await pipeline.join(after: .seconds(3)) }
        defer { reporting.cancel() }
        do {
            let measures = try await pipeline.run()
            joining.cancel()
            _ = await joining.result
            return measures
        } catch {
            joining.cancel()
            _ = await joining.result
            throw error
        }
    }

    /// Writes a line a second.
    private func report(_ pipeline: DemoPipeline) async throws {
        var report = DemoReport()
        let start = ContinuousClock.now
        while true {
            try await Task.sleep(for: .seconds(1))
            output.write(line: report.line(pipeline.measures, elapsed: ContinuousClock.now - start))
        }
    }
}
