import ChildProcesses
import CommandFrame
import Endings
import MPEGTS
import MediaChildren

extension FFmpegCommand.Publishing {
    /// Where the transport stream comes from. ffmpeg has no part in what is one already unless something is wanted that it alone can do.
    ///
    /// - Returns: The source, and whether it may come back after its end.
    /// - Throws: ``ToolFailure`` and `SystemError` when it cannot be opened, or has nothing to publish.
    func source(transcodes: Bool, program: ProgramChoice, _ session: ToolSession) async throws -> (
        SourcePlan, mayComeBack: Bool
    ) {
        switch input {
        case .standardInput:
            try StandardInput.check()
            warnOfIdleGOP(session)
            return (SourcePlan(.standardInput), input.mayComeBack)
        case .file(let path) where !transcodes && !asksForFFmpeg:
            guard try FileHead.isTransportStream(file: path) else { break }
            warnOfIdleGOP(session)
            // ffmpeg keeps the pace of what it reads, and what comes from standard input has its own.
            return (SourcePlan(.file(path: path, isRepeated: loops, isPaced: isRealtime)), input.mayComeBack)
        default: break
        }
        let (command, mayComeBack) = try await self.command(transcodes: transcodes, program: program, session)
        return (SourcePlan(.ffmpeg(command, reading: input, timeout: timeout)), mayComeBack)
    }

    /// Says that there are no keyframes to be set, where somebody asked for that.
    func warnOfIdleGOP(_ session: ToolSession) {
        guard isGOPChosen else { return }
        session.logger.warning(
            "--gop does nothing here: the video is copied with the keyframes that it has; --transcode sets others")
    }

    /// The command that turns the input into MPEG-TS, after a look at what it is.
    ///
    /// - Returns: The command, and whether the input may come back after its end, as what has a length does not.
    /// - Throws: ``ToolFailure`` when it cannot be opened, or has nothing to publish.
    func command(transcodes: Bool, program: ProgramChoice, _ session: ToolSession) async throws -> (
        ChildCommand, mayComeBack: Bool
    ) {
        var publishing = self
        // A camera has raw pictures and sound: there is nothing to copy, and opening it twice takes its time.
        if case .device = input, input.isLive {
            publishing.isRealtime = false
            return (FFmpegCommand.publish(publishing, plan: nil), true)
        }
        if input.comesOnce {
            publishing.isRealtime = false
            return (FFmpegCommand.publish(publishing, plan: nil, unseen: transcodes ? .encode : .copy), true)
        }
        let (probe, isHasty) = try await MediaProber.probe(
            self, stop: session.stop, logger: session.logger)
        // RTMP is read until all is there that was found, and no longer.
        publishing.isHasty = isHasty && !input.isRTMP
        let plan = try StreamPlan(probe, transcodes: transcodes, program: program)
        for line in plan.omissions + plan.remarks { session.logger.info("\(line)") }
        let video = plan.published.filter { $0.stream.kind == .video }
        if !video.isEmpty, video.allSatisfy({ $0.treatment == .copy }) { warnOfIdleGOP(session) }
        if plan.published.isEmpty { throw ToolFailure("'\(input.description)' has no video and no audio") }
        if input.isLive || (input.mayBeLive && !probe.hasEnd) { publishing.isRealtime = false }
        return (FFmpegCommand.publish(publishing, plan: plan), input.mayComeBack && !probe.hasEnd)
    }
}
