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

    /// - Parameter limit: How long to wait; nil for as long as it takes.
    /// - Returns: nil at the end of the one that is read.
    /// - Throws: `DescriptorReader.TimeIsUp`; `SystemError`; `CancellationError`.
    func next(within limit: Duration? = nil) async throws -> [UInt8]? {
        let current = state.withLock { $0.current }
        var iterator = current.makeAsyncIterator()
        let piece =
            if let limit { try await current.next(by: .now + limit) } else { try await iterator.next() }
        if piece != nil { state.withLock { $0.hasBytes = true } }
        return piece
    }

    func replace(with reader: DescriptorReader) {
        let (before, isToEnd) = state.withLock { state in
            defer { (state.current, state.hasBytes) = (reader, false) }
            return (state.current, state.isEndRequested)
        }
        before.stop()
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
