import ChildProcesses
import Endings
import Synchronization
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes each segment to a file `SEQ.ts` of its own, which has its final name only when it is whole.
public final class SegmentFiles: SegmentSink {
    private struct OpenFile {
        let writer: DescriptorWriter
        let path: String
        /// Where the bytes are until the segment is whole.
        var partialPath: String { "\(path).part" }
    }

    private let folder: String
    private let overwrites: Bool
    private let open: Mutex<OpenFile?> = Mutex(nil)
    private let finished: @Sendable (String) -> Void

    /// Makes the folder if it is absent.
    ///
    /// - Parameters:
    ///   - overwrites: Whether files that are there already are replaced.
    ///   - finished: Told the path of each whole file.
    /// - Throws: ``SystemError``
    public init(folder: String, overwrites: Bool, finished: @escaping @Sendable (String) -> Void) throws {
        self.folder = folder
        self.overwrites = overwrites
        self.finished = finished
        try Self.makeFolder(folder)
    }

    public func begin(_ sequence: SequenceNumber) throws -> SinkDisposition {
        let path = "\(folder)/\(sequence).ts"
        if !overwrites && access(path, F_OK) == 0 {
            throw ToolFailure("'\(path)' is there already: --force replaces it, --out names another folder")
        }
        let descriptor = try OwnedDescriptor.open("\(path).part", O_WRONLY | O_CREAT | O_TRUNC)
        let writer = try DescriptorWriter(descriptor, what: "'\(path)'")
        open.withLock { $0 = OpenFile(writer: writer, path: path) }
        return .goOn
    }

    public func write(_ bytes: [UInt8]) async throws -> SinkDisposition {
        guard let file = open.withLock({ $0 }) else { preconditionFailure("a segment is begun before it is written") }
        _ = try await file.writer.write(bytes)
        return .goOn
    }

    public func end(isWhole: Bool) throws {
        let ending = open.withLock { file in
            defer { file = nil }
            return file
        }
        guard let file = ending else { return }
        file.writer.close()
        guard isWhole else {
            unlink(file.partialPath)
            return
        }
        guard rename(file.partialPath, file.path) == 0 else { throw SystemError("rename '\(file.partialPath)'") }
        finished(file.path)
    }

    public var departure: AsyncStream<Never>? { nil }

    /// Makes a folder and those above it.
    private static func makeFolder(_ path: String) throws(SystemError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o777) != 0 && errno != EEXIST { throw SystemError("make the folder '\(path)'") }
        }
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFDIR {
            throw SystemError(ENOTDIR, "write to the folder '\(path)'")
        }
        guard access(path, W_OK | X_OK) == 0 else { throw SystemError("write to the folder '\(path)'") }
    }
}
