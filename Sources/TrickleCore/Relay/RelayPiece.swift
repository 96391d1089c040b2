/// What a segment is made of: some payload bytes that never change, and whatever the transport keeps with them.
///
/// The core stores pieces and hands them on; only to tell a repeated segment from a restarted one does it look inside.
public protocol RelayPiece: Sendable {
    /// A piece of the relay's own words, as in the changefeed.
    init(payload: [UInt8])

    /// The number of payload bytes; never 0.
    var byteCount: Int { get }

    /// What it takes of the relay's memory, in bytes: the payload, its framing, and room that its buffer has left over.
    var storageByteCount: Int { get }

    /// Whether `count` payload bytes from `offset` on are the same as those of `other` from `otherOffset` on.
    func hasSameBytes(from offset: Int, as other: Self, from otherOffset: Int, count: Int) -> Bool

    /// Some of the payload, as a piece of its own; not empty.
    func part(_ range: Range<Int>) -> Self

    /// The payload of all in order, as one piece; not none.
    static func joined(_ pieces: [Self]) -> Self
}
