import ChildProcesses
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A transport stream on standard input.
final class StandardInput: SourceInput {
    static let name = "standard input"

    /// Who is behind a pipe can wait, and may not like to lose anything.
    var canWait: Bool { true }
    private let reader: DescriptorReader

    init() throws { reader = try DescriptorReader(OwnedDescriptor(STDIN_FILENO), what: Self.name) }

    /// - Throws: ``ToolFailure`` where somebody would have to type the stream.
    static func check() throws(ToolFailure) {
        guard isatty(STDIN_FILENO) == 1 else { return }
        throw ToolFailure(
            "standard input is a terminal: name a file or URL, or pipe MPEG-TS in, as in 'ffmpeg … -f mpegts - | publish-file …'",
            exit: .usage)
    }

    func next() async throws -> SourceEvent? {
        var iterator = reader.makeAsyncIterator()
        return try await iterator.next().map { .bytes($0) }
    }

    func requestEnd() { reader.stop() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(Self.name) has ended")
    }
}
