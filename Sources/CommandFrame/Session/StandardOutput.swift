import ChildProcesses
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Standard output as a place for what a channel carries.
public enum StandardOutput {
    /// - Parameter suggestion: A command line that shows where to send it.
    /// - Throws: ``ToolFailure`` when it is a terminal, or closed.
    public static func openForMedia(suggestion: String) throws -> DescriptorWriter {
        if isatty(STDOUT_FILENO) == 1 {
            throw ToolFailure("media would garble the terminal: send it on, as in '\(suggestion)'", exit: .usage)
        }
        return try open(suggestion: suggestion)
    }

    /// Standard output for what may be looked at on a terminal, too.
    ///
    /// - Throws: ``ToolFailure`` when it is closed.
    public static func open(suggestion: String) throws -> DescriptorWriter {
        // One that was closed leads nowhere by now, for reading (StandardDescriptors.c).
        let flags = fcntl(STDOUT_FILENO, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
            throw ToolFailure("standard output is closed: send it on, as in '\(suggestion)'")
        }
        return try DescriptorWriter(OwnedDescriptor(STDOUT_FILENO), what: "standard output")
    }

    /// Writes a report, and a line feed behind it. A reader that has closed its end has had enough.
    ///
    /// - Throws: `SystemError` when it cannot be written.
    public static func write(_ report: String) async throws {
        let writer = try DescriptorWriter(OwnedDescriptor(STDOUT_FILENO), what: "standard output")
        _ = try await writer.write(Array("\(report)\n".utf8))
    }
}
