import TrickleKit

/// A transport stream over HTTP.
final class HTTPInput: SourceInput {
    /// The sender waits, or drops what it cannot keep.
    var canWait: Bool { true }
    private let stream: HTTPStream
    private let name: String

    /// - Parameter stream: Open.
    init(_ stream: HTTPStream, name: String) {
        self.stream = stream
        self.name = name
    }

    func next() async throws -> SourceEvent? {
        do {
            return try await stream.next().map { .bytes($0) }
        } catch let error as TrickleError {
            throw SourceFailure(error.message)
        }
    }

    func requestEnd() { stream.cancel() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(name) has ended")
    }
}
