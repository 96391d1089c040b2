import ChildProcesses
import Endings
import Logging
import MPEGTS
import MediaChildren

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open input: MPEG-TS from standard input, from a file, or from ffmpeg.
final class MediaSource: Sendable {
    let bytes: DescriptorReader
    private let ffmpeg: WatchedFFmpeg?

    /// Reads MPEG-TS from standard input.
    init() throws {
        if isatty(STDIN_FILENO) == 1 {
            throw ToolFailure(
                "standard input is a terminal: name a file or URL, or pipe MPEG-TS in, as in 'ffmpeg … -f mpegts - | publish-file …'",
                exit: .usage)
        }
        bytes = try DescriptorReader(OwnedDescriptor(STDIN_FILENO), what: "standard input")
        ffmpeg = nil
    }

    /// Reads a file as it is.
    init(file path: String) throws {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("read '\(path)'") }
        bytes = try DescriptorReader(OwnedDescriptor(number), what: "'\(path)'")
        ffmpeg = nil
    }

    /// Starts ffmpeg.
    ///
    /// - Parameter input: What it reads, which has to give bytes every now and then.
    init(ffmpeg command: ChildCommand, input: MediaInput, timeout: Duration, logger: Logger) throws {
        let gate = input.streamKey.map { PushGate(key: $0) }
        let child = try LoggedChild(command, standardOutput: .pipe, logger: logger) { gate?.refuses($0) ?? false }
        gate?.whenRefused { child.kill() }
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        bytes = try child.orKilling { try DescriptorReader(output, what: "ffmpeg's output") }
        ffmpeg = WatchedFFmpeg(child, input: input, timeout: timeout, gate: gate)
    }

    /// The next bytes; nil at the end.
    func next() async throws -> [UInt8]? {
        ffmpeg?.willWait()
        var iterator = bytes.makeAsyncIterator()
        let piece = try await iterator.next()
        ffmpeg?.hasWaited(hasBytes: piece != nil)
        return piece
    }

    /// Asks for the end; what is on the way still comes.
    func requestEnd() {
        // ffmpeg finishes its last packets, and then its pipe ends.
        if let ffmpeg { ffmpeg.child.requestEnd() } else { bytes.stop() }
    }

    /// Waits for ffmpeg. One that is no longer waited for is killed: it has been asked to end before.
    ///
    /// - Throws: ``ToolFailure`` when it failed.
    func finish() async throws {
        guard let ffmpeg else { return }
        try await withTaskCancellationHandler {
            try await ffmpeg.succeed()
        } onCancel: {
            ffmpeg.child.kill()
        }
    }

    /// Ends ffmpeg at once. One that does not listen has had its time when it was asked before.
    func abandon() async {
        bytes.stop()
        let wasAsked = ffmpeg?.child.wasToldToEnd ?? false
        await ffmpeg?.child.stop(grace: wasAsked ? .milliseconds(100) : .seconds(1))
    }
}
