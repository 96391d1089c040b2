import ChildProcesses

/// A stream that is read from an open descriptor: standard input, or a connection to somebody who sends it.
final class DescriptorInput: SourceInput {
    /// The sender waits, or drops what it cannot keep.
    var canWait: Bool { true }
    private let reader: DescriptorReader
    private let ending: String

    /// - Parameters:
    ///   - descriptor: Open for reading; connected.
    ///   - name: As in messages.
    ///   - ending: Completes the sentence with the name, once the stream has ended.
    init(_ descriptor: OwnedDescriptor, name: String, ending: String) throws {
        self.ending = "\(name) \(ending)"
        reader = try DescriptorReader(descriptor, what: name)
    }

    func next() async throws -> SourceEvent? {
        var iterator = reader.makeAsyncIterator()
        return try await iterator.next().map { .bytes($0) }
    }

    func requestEnd() { reader.stop() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding(ending)
    }
}
