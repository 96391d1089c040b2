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
            return try await analyze(try MediaSource(), session)
        case .file(let path):
            do {
                return try await analyze(try MediaSource(file: path), session)
            } catch is NotTransportStream {
                session.logger.info("'\(path)' is not MPEG-TS: this is what ffmpeg makes of it")
            }
        case .stream, .device, .url, .listener: break
        }
        let (command, _) = try await publishing.command(
            transcodes: transcodes, program: segmentation.program, session)
        return try await analyze(
            try MediaSource(
                ffmpeg: command, input: publishing.input, timeout: publishing.timeout, logger: session.logger), session)
    }

    private func analyze(_ source: MediaSource, _ session: ToolSession) async throws -> StreamAnalysis {
        session.stop.whenMade { source.requestEnd() }
        var analyzer = StreamAnalyzer(segmentation)
        let start = ContinuousClock.now
        var end: Task<Void, any Error>?
        defer { end?.cancel() }
        do {
            while let piece = try await source.next() {
                if end == nil, publishing.input.mayHaveNoEnd { end = endAfterTimeout(source, session) }
                try analyzer.receive(piece.span.bytes, now: ContinuousClock.now - start)
            }
            let analysis = try analyzer.finish()
            try await source.finish()
            return analysis
        } catch {
            await source.abandon()
            throw error
        }
    }

    /// A generator or a device would be looked at for ever.
    private func endAfterTimeout(_ source: MediaSource, _ session: ToolSession) -> Task<Void, any Error> {
        Task { [timeout = publishing.timeout] in
            try await Task.sleep(for: timeout)
            let seconds = DecimalText.fixed(timeout / .seconds(1), digits: 1)
            session.logger.info("this is what came in \(seconds) s; a longer --timeout has it look longer")
            source.requestEnd()
        }
    }
}
