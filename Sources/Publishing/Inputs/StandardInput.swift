import ChildProcesses
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Standard input as a place where a stream comes from.
enum StandardInput {
    static let name = "standard input"

    static func open() throws -> DescriptorInput {
        try DescriptorInput(OwnedDescriptor(STDIN_FILENO), name: name, ending: "has ended")
    }

    /// - Throws: ``ToolFailure`` where somebody would have to type the stream.
    static func check() throws(ToolFailure) {
        guard isatty(STDIN_FILENO) == 1 else { return }
        throw ToolFailure(
            "standard input is a terminal: name a file or URL, or pipe MPEG-TS in, as in 'ffmpeg … -f mpegts - | publish-file …'",
            exit: .usage)
    }
}
