import TrickleTesting

/// Bytes of which everybody can tell what they have to be, from the channel, the segment's number and the place in it:
/// a byte that is missing, doubled or out of place shows at once, however long the run.
struct TestBytes: Sendable {
    /// A prime number, so that no power of two finds the same bytes again.
    private static let periodByteCount = 65_521
    private let block: [UInt8]

    init(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        block = (0..<Self.periodByteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    func bytes(of sequence: Int, in range: Range<Int>) -> [UInt8] {
        range.map { block[place(sequence, $0)] }
    }

    /// Whether these are the bytes of the segment from `offset` on.
    func hold(_ bytes: [UInt8], of sequence: Int, from offset: Int) -> Bool {
        bytes.indices.allSatisfy { bytes[$0] == block[place(sequence, offset + $0)] }
    }

    private func place(_ sequence: Int, _ offset: Int) -> Int {
        (offset + sequence &* 7919) % Self.periodByteCount
    }
}
