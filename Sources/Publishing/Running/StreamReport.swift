import ChildProcesses
import CommandFrame
import MPEGTS
import MediaChildren
import TrickleCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Tells what an input is, without a relay: what `publish-file --probe` does.
public struct StreamReport: Sendable {
    public var publishing: FFmpegCommand.Publishing
    public var segmentation = GOPSegmenter.Configuration()
    /// Whether it is JSON rather than lines for people.
    public var isJSON = false
    /// Whether what could be copied is encoded all the same.
    public var transcodes = false

    public init(_ publishing: FFmpegCommand.Publishing) {
        self.publishing = publishing
        self.publishing.isRealtime = false
    }

    /// Reads the input to its end, a generator or a device for its timeout, or until a stop is asked for, and writes the report to standard output.
    ///
    /// MPEG-TS is looked at as it is, anything else as ffmpeg would publish it.
    ///
    /// - Throws: ``ToolFailure``, `NotTransportStream`.
    public func run(_ session: ToolSession) async throws {
        let analysis = try await analyze(session)
        if isJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try await StandardOutput.write(String(decoding: try encoder.encode(analysis), as: UTF8.self))
        } else {
            try await StandardOutput.write("\(analysis)")
        }
    }

    private func analyze(_ session: ToolSession) async throws -> StreamAnalysis {
        switch publishing.input {
        case .standardInput:
            try StandardInput.check()
            return try await analyze(SourcePlan(.standardInput), session)
        case .file(let path):
            do {
                return try await analyze(SourcePlan(.file(path: path, isRepeated: false, isPaced: false)), session)
            } catch is NotTransportStream {
                session.logger.info("'\(path)' is not MPEG-TS: this is what ffmpeg makes of it")
            }
        case .stream, .device, .url, .listener: break
        }
        let (command, _) = try await publishing.command(
            transcodes: transcodes, program: segmentation.program, session)
        return try await analyze(
            SourcePlan(.ffmpeg(command, reading: publishing.input, timeout: publishing.timeout)), session)
    }

    private func analyze(_ source: SourcePlan, _ session: ToolSession) async throws -> StreamAnalysis {
        let input = try await source.open(within: publishing.timeout, logger: session.logger)
        session.stop.whenMade { input.requestEnd() }
        let result: Result<StreamAnalysis, any Error>
        do { result = .success(try await read(input, session)) } catch { result = .failure(error) }
        let ending = await input.close()
        let analysis = try result.get()
        if let failure = ending.failure { throw failure }
        return analysis
    }

    private func read(_ input: any SourceInput, _ session: ToolSession) async throws -> StreamAnalysis {
        var analyzer = StreamAnalyzer(segmentation)
        let start = ContinuousClock.now
        var end: Task<Void, any Error>?
        defer { end?.cancel() }
        while case .bytes(let piece) = try await input.next() {
            if end == nil, publishing.input.mayHaveNoEnd { end = endAfterTimeout(input, session) }
            try analyzer.receive(piece.span.bytes, now: ContinuousClock.now - start)
        }
        return try analyzer.finish()
    }

    /// A generator or a device would be looked at for ever.
    private func endAfterTimeout(_ input: any SourceInput, _ session: ToolSession) -> Task<Void, any Error> {
        Task { [timeout = publishing.timeout] in
            try await Task.sleep(for: timeout)
            let seconds = DecimalText.fixed(timeout / .seconds(1), digits: 1)
            session.logger.info("this is what came in \(seconds) s; a longer --timeout has it look longer")
            input.requestEnd()
        }
    }
}
