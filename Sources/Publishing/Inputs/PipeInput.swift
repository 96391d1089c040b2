import ChildProcesses
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A named pipe. It stays open when its writer goes, and waits for the next.
final class PipeInput: SourceInput {
    var canWait: Bool { true }
    var isPassive: Bool { true }
    /// How often it is looked whether the path leads to another pipe by now, while nobody writes.
    private static let lookInterval = Duration.seconds(2)

    private let path: String
    private let readers: SuccessiveReaders
    private let file: Mutex<FileIdentity?>

    init(path: String) throws {
        self.path = path
        file = Mutex(FileIdentity(of: path))
        readers = SuccessiveReaders(try Self.open(path))
    }

    func next() async throws -> SourceEvent? {
        while true {
            do {
                let limit = readers.hasBytes ? nil : Self.lookInterval
                if let piece = try await readers.next(within: limit) { return .bytes(piece) }
            } catch is DescriptorReader.TimeIsUp {
                // Somebody may have removed it and made it again: a writer would wait for ever for a reader of the new one.
                if let now = FileIdentity(of: path), file.withLock({ $0 != now }) { try replace() }
                continue
            }
            if readers.isEndRequested { return nil }
            // The last writer has gone, and the descriptor would tell so for ever. The next one is open before this one closes: the
            // pipe is never without a reader, which would kill a writer that has just come.
            let hadBytes = readers.hasBytes
            try replace()
            if hadBytes { return .anotherBegins }
            // Somebody opens and closes it without a word.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func replace() throws {
        file.withLock { $0 = FileIdentity(of: path) }
        readers.replace(with: try Self.open(path))
    }

    func requestEnd() { readers.requestEnd() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(path) was let go")
    }

    private static func open(_ path: String) throws -> DescriptorReader {
        let descriptor: OwnedDescriptor
        do throws(SystemError) {
            // Without O_NONBLOCK it would wait here for a writer.
            descriptor = try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK)
        } catch {
            if error.number != ENOENT { throw error }
            throw SourceFailure("there is no pipe \(path): make it with 'mkfifo \(path)'")
        }
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            throw SourceFailure("\(path) is no named pipe: make it with 'mkfifo', or write 'file:' for a file")
        }
        return try DescriptorReader(descriptor, what: path)
    }
}

/// Which file a path leads to.
private struct FileIdentity: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64

    /// nil where there is none.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }
}
