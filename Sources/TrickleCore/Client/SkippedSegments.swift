/// A run of segments that a reader could not have.
public struct SkippedSegments: Hashable, Sendable {
    public let first: SequenceNumber
    /// At least 1.
    public let count: Int

    public init(first: SequenceNumber, count: Int) {
        precondition(count > 0, "a run of skipped segments has at least one")
        self.first = first
        self.count = count
    }
}

extension SkippedSegments: CustomStringConvertible {
    public var description: String {
        count == 1 ? "segment \(first)" : "segments \(first)–\(first.value + count - 1)"
    }
}
