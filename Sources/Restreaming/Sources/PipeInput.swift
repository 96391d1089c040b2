import ChildProcesses

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
    private let path: String
    private let readers: SuccessiveReaders

    init(path: String) throws {
        self.path = path
        readers = SuccessiveReaders(try Self.open(path))
    }

    func next() async throws -> SourceEvent? {
        while true {
            if let piece = try await readers.next() { return .bytes(piece) }
            if readers.isEndRequested { return nil }
            // The last writer has gone, and the descriptor would tell so for ever. The next one is open before this one closes: the
            // pipe is never without a reader, which would kill a writer that has just come.
            let hadBytes = readers.hasBytes
            readers.replace(with: try Self.open(path))
            if hadBytes { return .anotherBegins }
            // Somebody opens and closes it without a word.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func requestEnd() { readers.requestEnd() }

    func close() async -> String {
        requestEnd()
        return "\(path) was let go"
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
