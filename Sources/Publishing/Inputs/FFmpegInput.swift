import ChildProcesses
import Endings
import Logging
import MediaChildren
import Synchronization

/// What ffmpeg makes of a file, a device, a stream on the network, or a push that it listens for.
final class FFmpegInput: SourceInput {
    let canWait: Bool
    let isPassive: Bool
    private let name: String
    private let reader: DescriptorReader
    private let ffmpeg: WatchedFFmpeg
    private let hasEnded = Atomic(false)

    /// Starts ffmpeg.
    ///
    /// - Parameters:
    ///   - input: What it reads, which has to give bytes every now and then.
    ///   - timeout: How long that may be silent.
    init(
        _ command: ChildCommand, reading input: MediaInput, timeout: Duration, permit: ChildPermit?, logger: Logger
    ) throws {
        canWait = input.canWait
        isPassive = input.isListener
        name = input.description
        let gate = input.streamKey.map { PushGate(key: $0) }
        let child = try LoggedChild(command, standardOutput: .pipe, permit: permit, logger: logger) {
            gate?.refuses($0) ?? false
        }
        gate?.whenRefused { child.kill() }
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        reader = try child.orKilling { try DescriptorReader(output, what: "ffmpeg's output") }
        ffmpeg = WatchedFFmpeg(child, input: input, timeout: timeout, gate: gate)
    }

    func next() async throws -> SourceEvent? {
        ffmpeg.willWait()
        var iterator = reader.makeAsyncIterator()
        let piece = try await iterator.next()
        ffmpeg.hasWaited(hasBytes: piece != nil)
        // Whoever is cancelled stops reading: ffmpeg goes on, and would wait for ever for somebody who takes the rest.
        if piece == nil, !Task.isCancelled { hasEnded.store(true, ordering: .relaxed) }
        return piece.map { .bytes($0) }
    }

    /// ffmpeg finishes its last packets, and then its pipe ends.
    func requestEnd() { ffmpeg.child.requestEnd() }

    /// Where its output has ended, ffmpeg comes to its end by itself, and is killed if that is no longer waited for. Else it is ended at once:
    /// one that does not listen has had its time if it was asked before.
    func close() async -> SourceEnding {
        guard hasEnded.load(ordering: .relaxed) else {
            reader.stop()
            let wasAsked = ffmpeg.child.wasToldToEnd
            await ffmpeg.child.stop(grace: wasAsked ? .milliseconds(100) : .seconds(1))
            return SourceEnding("'\(name)' was ended")
        }
        do {
            try await withTaskCancellationHandler {
                try await ffmpeg.succeed()
            } onCancel: {
                ffmpeg.child.kill()
            }
            return SourceEnding("'\(name)' has ended")
        } catch {
            return SourceEnding("\(error)", failure: error)
        }
    }
}
