import ChildProcesses
import Endings
import Logging
import MPEGTS

/// Asks ffprobe what an input holds.
package enum MediaProber {
    /// - Returns: What it is, and whether a short look was enough.
    /// - Throws: ``ToolFailure`` when the input cannot be opened or is no media.
    package static func probe(
        _ publishing: FFmpegCommand.Publishing, stop: StopRequest, logger: Logger
    ) async throws -> (MediaProbe, isHasty: Bool) {
        if publishing.input.canBeLookedAtInHaste {
            // A second or two show most streams whole; one without pictures may have them later.
            let hasty = try await probe(publishing, isHasty: true, stop, logger)
            let hasPictures = hasty.streams.contains { $0.kind == .video }
            if hasPictures, hasty.streams.allSatisfy(\.isComplete) { return (hasty, true) }
        }
        return (try await probe(publishing, isHasty: false, stop, logger), false)
    }

    private static func probe(
        _ publishing: FFmpegCommand.Publishing, isHasty: Bool, _ stop: StopRequest, _ logger: Logger
    ) async throws -> MediaProbe {
        let (input, timeout) = (publishing.input, publishing.timeout)
        var quietLogger = logger
        // What ffprobe says goes into the error below, and ffmpeg would say it again.
        if quietLogger.logLevel == .info { quietLogger.logLevel = .error }
        let command = FFmpegCommand.probe(
            input, timeout: timeout, transport: publishing.transport, isHasty: isHasty,
            allowsReferences: publishing.allowsReferences)
        let child = try LoggedChild(command, standardOutput: .pipe, logger: quietLogger)
        let registration = stop.whenMade { child.requestEnd() }
        defer { registration.cancel() }
        // ffprobe limits the silence of some protocols only.
        let limit = FFmpegCommand.silenceLimit(of: input, timeout: timeout) + analysisTime
        let watch = SilenceWatch(limit: limit) { Task { await child.stop() } }
        watch.isAwaited()
        defer { withExtendedLifetime(watch) {} }
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        var json: [UInt8] = []
        let reader = try child.orKilling { try DescriptorReader(output, what: "ffprobe's answer") }
        for try await piece in reader { json += piece }
        let status = await child.end()
        if stop.isMade { throw CancellationError() }
        if child.wasToldToEnd {
            throw ToolFailure(
                "nothing came from '\(input.description)' for \(Int(limit / .seconds(1))) s: is it there, and does it send?"
            )
        }
        guard status.isSuccess else { throw unreadable(input, child.lastWords) }
        let probe = try MediaProbe(json: json)
        if probe.isDrawnText || probe.streams.isEmpty { throw unreadable(input, "no video and no audio in it") }
        if input.hasOwnFormat, probe.isGuess {
            throw unreadable(input, "ffmpeg only guesses that it may be '\(probe.format?.name ?? "")'")
        }
        return probe
    }

    /// How long ffprobe looks at a stream that it has opened, at most.
    private static let analysisTime = Duration.seconds(13)

    /// Lists that name files are text.
    private static func isDocument(_ path: String) -> Bool {
        (try? FileHead.bytes(ofFile: path)).flatMap { InputFormat(head: $0) }?.isDocument ?? false
    }

    private static func unreadable(_ input: MediaInput, _ reason: String) -> ToolFailure {
        let reason = Credentials.hidden(in: reason.isEmpty ? "ffprobe does not say why" : reason)
        switch input {
        case .file(let path) where reason.contains("not on whitelist") && isDocument(path):
            return ToolFailure(
                "'\(input.description)' is a list that names other files, or a format that may: if you know what is in it, --allow-references has it read"
            )
        case .file(let path):
            let head = (try? FileHead.bytes(ofFile: path)) ?? []
            return ToolFailure(
                "'\(input.description)' is not media that ffmpeg can read: \(FileDiagnosis(head: head, said: reason))")
        case .url("rtsp", _) where ToolFailure.isUnknownFormat(reason),
            .url("rtsps", _) where ToolFailure.isUnknownFormat(reason):
            // Of a camera that does not answer, ffmpeg says the same as of one whose answers it cannot read.
            return ToolFailure(
                "'\(input.description)' gives no answer that ffmpeg can read: is it an RTSP server, and does it work?")
        default:
            return .unknownFormat(of: input.description, said: reason)
                ?? ToolFailure("ffmpeg cannot open '\(input.description)': \(reason); is it there, and is it running?")
        }
    }
}
