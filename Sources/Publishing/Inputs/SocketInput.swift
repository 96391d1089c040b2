import ChildProcesses

/// A connection to somebody who sends a stream.
final class SocketInput: SourceInput {
    /// The sender waits, or drops what it cannot keep.
    var canWait: Bool { true }
    private let reader: DescriptorReader
    private let name: String

    /// - Parameters:
    ///   - descriptor: Connected.
    ///   - name: As in messages.
    init(_ descriptor: OwnedDescriptor, name: String) throws {
        self.name = name
        reader = try DescriptorReader(descriptor, what: name)
    }

    func next() async throws -> SourceEvent? {
        var iterator = reader.makeAsyncIterator()
        return try await iterator.next().map { .bytes($0) }
    }

    func requestEnd() { reader.stop() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(name) has closed the connection")
    }
}
