import ChildProcesses
import Logging

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open input: MPEG-TS from standard input or from ffmpeg.
final class MediaSource: Sendable {
    let bytes: DescriptorReader
    private let ffmpeg: LoggedChild?
    private let name: String

    /// Reads MPEG-TS from standard input.
    init() throws {
        if isatty(STDIN_FILENO) == 1 {
            throw ToolFailure(
                "standard input is a terminal: name a file or URL, or pipe MPEG-TS in, as in 'ffmpeg … -f mpegts - | publish-file …'",
                exit: .usage)
        }
        bytes = try DescriptorReader(OwnedDescriptor(STDIN_FILENO), what: "standard input")
        ffmpeg = nil
        name = "standard input"
    }

    /// Reads a file as it is.
    init(file path: String) throws {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("read '\(path)'") }
        bytes = try DescriptorReader(OwnedDescriptor(number), what: "'\(path)'")
        ffmpeg = nil
        name = path
    }

    /// Starts ffmpeg.
    ///
    /// - Parameter name: The input's name, for messages.
    init(ffmpeg command: ChildCommand, name: String, logger: Logger) throws {
        let child = try LoggedChild(command, standardOutput: .pipe, logger: logger)
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        bytes = try DescriptorReader(output, what: "ffmpeg's output")
        ffmpeg = child
        self.name = name
    }

    /// Asks for the end; what is on the way still comes.
    func requestEnd() {
        // ffmpeg finishes its last packets, and then its pipe ends.
        if let ffmpeg { ffmpeg.requestEnd() } else { bytes.stop() }
    }

    /// Waits for ffmpeg.
    ///
    /// - Throws: ``ToolFailure`` when it failed.
    func finish() async throws {
        try await ffmpeg?.succeed("read '\(name)' to its end")
    }

    /// Ends ffmpeg at once.
    func abandon() async {
        bytes.stop()
        await ffmpeg?.stop()
    }
}
