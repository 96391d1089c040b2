import Foundation

/// What a server does, one step after the other, on a thread of its own that starts at once.
///
/// A test's tasks share few threads, and on a busy machine they get their turn after seconds. A client whose stall timeout is short would
/// take that for a dead relay; a thread answers as soon as a request has come.
final class ServerScript<Value: Sendable>: Sendable {
    private let outcomes: AsyncThrowingStream<Value, any Error>

    init(_ body: @escaping @Sendable () throws -> Value) {
        let (stream, continuation) = AsyncThrowingStream<Value, any Error>.makeStream()
        outcomes = stream
        Thread.detachNewThread {
            continuation.yield(with: Result { try body() })
            continuation.finish()
        }
    }

    /// What the script came to; once.
    ///
    /// - Throws: what it failed with.
    @discardableResult
    func finish() async throws -> Value {
        for try await value in outcomes { return value }
        throw CancellationError()
    }
}
