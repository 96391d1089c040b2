/// A publisher's bytes that wait for those that come close behind, to reach the readers with them.
struct HeldPieces<Piece: RelayPiece>: Sendable {
    private(set) var pieces: [Piece] = []
    private(set) var byteCount = 0
    /// What they take of the relay's memory, in bytes.
    private(set) var cost = 0

    /// Payload bytes, and pieces, that are not held any longer.
    private static var maximumByteCount: Int { 192 << 10 }
    private static var maximumCount: Int { 256 }

    /// Whether they should wait no longer.
    var isFull: Bool { byteCount >= Self.maximumByteCount || pieces.count >= Self.maximumCount }

    /// - Returns: what the piece costs.
    mutating func append(_ piece: Piece) -> Int {
        let pieceCost = piece.storageByteCount + RelaySegment<Piece>.pieceOverhead
        pieces.append(piece)
        byteCount += piece.byteCount
        cost += pieceCost
        return pieceCost
    }
}
