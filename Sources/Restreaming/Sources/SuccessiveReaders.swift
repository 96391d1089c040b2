import ChildProcesses
import Synchronization

/// Readers that take one another's place, of which one is read at a time.
final class SuccessiveReaders: Sendable {
    private struct State {
        var current: DescriptorReader
        var hasBytes = false
        var isEndRequested = false
    }

    private let state: Mutex<State>

    init(_ first: DescriptorReader) { state = Mutex(State(current: first)) }

    /// Whether the one that is read has given anything.
    var hasBytes: Bool { state.withLock { $0.hasBytes } }
    var isEndRequested: Bool { state.withLock { $0.isEndRequested } }

    /// - Returns: nil at the end of the one that is read.
    /// - Throws: `SystemError`; `CancellationError`.
    func next() async throws -> [UInt8]? {
        var iterator = state.withLock { $0.current }.makeAsyncIterator()
        let piece = try await iterator.next()
        if piece != nil { state.withLock { $0.hasBytes = true } }
        return piece
    }

    func replace(with reader: DescriptorReader) {
        let isToEnd = state.withLock { state in
            state.current = reader
            state.hasBytes = false
            return state.isEndRequested
        }
        if isToEnd { reader.stop() }
    }

    /// Ends the one that is read, and all that follow.
    func requestEnd() {
        let reader = state.withLock { state in
            state.isEndRequested = true
            return state.current
        }
        reader.stop()
    }
}
