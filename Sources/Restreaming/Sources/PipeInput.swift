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
    private struct State {
        var reader: DescriptorReader
        /// Whether the writer that is there has written anything.
        var hasBytes = false
        var isEndRequested = false
    }

    var canWait: Bool { true }
    var isPassive: Bool { true }
    private let path: String
    private let state: Mutex<State>

    init(path: String) throws {
        self.path = path
        state = Mutex(State(reader: try Self.open(path)))
    }

    func next() async throws -> SourceEvent? {
        while true {
            var iterator = state.withLock { $0.reader }.makeAsyncIterator()
            if let piece = try await iterator.next() {
                state.withLock { $0.hasBytes = true }
                return .bytes(piece)
            }
            if state.withLock({ $0.isEndRequested }) { return nil }
            // The last writer has gone, and the descriptor would tell so for ever. The next one is open before this one closes: the
            // pipe is never without a reader, which would kill a writer that has just come.
            let reader = try Self.open(path)
            let (wroteBefore, isToEnd) = state.withLock { state in
                defer { state.hasBytes = false }
                state.reader = reader
                return (state.hasBytes, state.isEndRequested)
            }
            if isToEnd { reader.stop() }
            if wroteBefore { return .anotherBegins }
            // Somebody opens and closes it without a word.
            try await Task.sleep(for: .milliseconds(50))
        }
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
