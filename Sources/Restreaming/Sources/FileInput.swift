import ChildProcesses
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file, once or again and again.
final class FileInput: SourceInput {
    private struct State {
        var reader: DescriptorReader
        /// Whether this round has brought anything: an empty file is not repeated.
        var hasBytes = false
        var isEndRequested = false
    }

    let isPaced: Bool
    var canWait: Bool { true }
    private let path: String
    private let isRepeated: Bool
    private let state: Mutex<State>

    init(path: String, isRepeated: Bool, isPaced: Bool) throws {
        self.path = path
        self.isRepeated = isRepeated
        self.isPaced = isPaced
        state = Mutex(State(reader: try Self.open(path)))
    }

    func next() async throws -> SourceEvent? {
        var iterator = state.withLock { $0.reader }.makeAsyncIterator()
        if let piece = try await iterator.next() {
            state.withLock { $0.hasBytes = true }
            return .bytes(piece)
        }
        let begins = state.withLock { state in
            defer { state.hasBytes = false }
            return isRepeated && state.hasBytes && !state.isEndRequested
        }
        guard begins else { return nil }
        let reader = try Self.open(path)
        let isToEnd = state.withLock { state in
            state.reader = reader
            return state.isEndRequested
        }
        if isToEnd { reader.stop() }
        return .anotherBegins
    }

    func requestEnd() {
        let reader = state.withLock { state in
            state.isEndRequested = true
            return state.reader
        }
        reader.stop()
    }

    func close() async -> String {
        requestEnd()
        return "\(path) has ended"
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
