import ChildProcesses

/// Datagrams, of a multicast group or to this machine. RTP's headers are taken off.
final class DatagramInput: SourceInput {
    private let reader: DescriptorReader
    private let name: String

    /// - Parameter descriptor: Bound, and a member of the group.
    init(_ descriptor: OwnedDescriptor, name: String) throws {
        self.name = name
        reader = try DescriptorReader(descriptor, what: name, isDatagrams: true)
    }

    func next() async throws -> SourceEvent? {
        var iterator = reader.makeAsyncIterator()
        guard let datagram = try await iterator.next() else { return nil }
        return .bytes(RTPHeader.removed(from: datagram))
    }

    func requestEnd() { reader.stop() }

    func close() async -> SourceEnding {
        requestEnd()
        return SourceEnding("\(name) was let go")
    }
}
