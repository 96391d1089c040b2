import CommandFrame
import Endings
import MediaChildren

/// An input of which no pictures can be made, however often it is opened.
struct UnusableInput: Error {
    let failure: ToolFailure

    init(_ message: String) { failure = ToolFailure(message) }
}

extension FFmpegCommand.Publishing {
    /// The same as it suits the input, after a look at what that is.
    ///
    /// - Returns: It, and whether the input may come back after its end, as what has a length does not.
    /// - Throws: ``ToolFailure`` when it cannot be opened; ``UnusableInput`` when there is no video in it.
    func lookedAt(_ session: ToolSession) async throws -> (FFmpegCommand.Publishing, mayComeBack: Bool) {
        var publishing = self
        // A camera is not opened twice, and what comes once not looked at before.
        if case .device = input, input.isLive {
            publishing.isRealtime = false
            return (publishing, true)
        }
        if input.comesOnce {
            publishing.isRealtime = false
            return (publishing, true)
        }
        let (probe, isHasty) = try await MediaProber.probe(self, stop: session.stop, logger: session.logger)
        let videos = probe.streams.filter { $0.kind == .video }
        if videos.isEmpty { throw UnusableInput("'\(input.description)' has no video") }
        if !videos[0].isDecodable {
            throw UnusableInput(
                "ffmpeg cannot decode the video of '\(input.description)': \(videos[0].codecName ?? "unknown")")
        }
        publishing.isHasty = isHasty && !input.isRTMP
        if input.isLive || (input.mayBeLive && !probe.hasEnd) { publishing.isRealtime = false }
        return (publishing, input.mayComeBack && !probe.hasEnd)
    }
}
