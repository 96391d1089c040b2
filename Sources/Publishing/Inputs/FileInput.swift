import ChildProcesses

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file, once or again and again.
final class FileInput: SourceInput {
    let isPaced: Bool
    var canWait: Bool { true }
    var isStored: Bool { true }
    private let path: String
    private let isRepeated: Bool
    private let readers: SuccessiveReaders

    init(path: String, isRepeated: Bool, isPaced: Bool) throws {
        self.path = path
        self.isRepeated = isRepeated
        self.isPaced = isPaced
        readers = SuccessiveReaders(try Self.open(path))
    }

    func next() async throws -> SourceEvent? {
        if let piece = try await readers.next() { return .bytes(piece) }
        // An empty file is not repeated.
        guard isRepeated, readers.hasBytes, !readers.isEndRequested else { return nil }
        readers.replace(with: try Self.open(path))
        return .anotherBegins
    }

    func requestEnd() { readers.requestEnd() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(path) has ended")
    }

    private static func open(_ path: String) throws -> DescriptorReader {
        let descriptor = try OwnedDescriptor.open(path, O_RDONLY)
        var status = stat()
        if fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw SourceFailure("cannot read \(path): it is a folder")
        }
        return try DescriptorReader(descriptor, what: path)
    }
}
