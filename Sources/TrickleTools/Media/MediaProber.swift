import ChildProcesses
import Logging

/// Asks ffprobe what an input holds.
enum MediaProber {
    /// - Throws: ``ToolFailure`` when the input cannot be opened or is no media.
    static func probe(_ input: MediaInput, timeout: Duration, stop: StopRequest, logger: Logger) async throws
        -> MediaProbe
    {
        var quietLogger = logger
        // What ffprobe says goes into the error below, and ffmpeg would say it again.
        if quietLogger.logLevel == .info { quietLogger.logLevel = .error }
        let command = FFmpegCommand.probe(input, timeout: timeout)
        let child = try LoggedChild(command, standardOutput: .pipe, logger: quietLogger)
        stop.whenMade { child.requestEnd() }
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        var json: [UInt8] = []
        for try await piece in try DescriptorReader(output, what: "ffprobe's answer") { json += piece }
        let status = await child.end()
        if stop.isMade { throw CancellationError() }
        guard status.isSuccess else { throw unreadable(input, child.lastWords) }
        let probe = try MediaProbe(json: json)
        if probe.isText || probe.streams.isEmpty { throw unreadable(input, "no video and no audio in it") }
        return probe
    }

    private static func unreadable(_ input: MediaInput, _ reason: String) -> ToolFailure {
        let reason = reason.isEmpty ? "ffprobe does not say why" : reason
        switch input {
        case .file:
            return ToolFailure("'\(input.description)' is not media that ffmpeg can read: \(reason)")
        default:
            return ToolFailure("ffmpeg cannot open '\(input.description)': \(reason); is it there, and is it running?")
        }
    }
}
