import NIOCore
import TrickleCore

/// A segment's bytes in pieces that end where units end, and the readers who get nothing else.
///
/// A piece that ends so already is the one that all readers share; of others a copy is cut, once for a lane.
final class UnitPieces: ReadPieces {
    private let unit: Int
    private(set) var pieces: [EncodedPiece] = []
    private(set) var byteCount = 0
    /// What the list and the copies take of the relay's memory, in bytes.
    private(set) var copyByteCount = 0
    var readers = ReaderList()
    /// The first bytes of a unit that has not come whole.
    private var rest = ByteBuffer()

    init(unit: Int, _ pieces: [EncodedPiece]) {
        precondition(unit > 0, "a unit has bytes")
        self.unit = unit
        for piece in pieces { append(piece) }
    }

    func append(_ piece: EncodedPiece) {
        if rest.readableBytes == 0, piece.byteCount % unit == 0 { return add(piece) }
        let count = (rest.readableBytes + piece.byteCount) / unit * unit
        guard count > 0 else {
            rest.writeImmutableBuffer(piece.payload)
            return
        }
        let taken = count - rest.readableBytes
        let copy = EncodedPiece([rest, piece.slice(0..<taken)])
        copyByteCount += copy.storageByteCount
        add(copy)
        rest = ByteBuffer()
        if taken < piece.byteCount { rest.writeImmutableBuffer(piece.slice(taken..<piece.byteCount)) }
    }

    private func add(_ piece: EncodedPiece) {
        pieces.append(piece)
        byteCount += piece.byteCount
        copyByteCount += MemoryLayout<EncodedPiece>.stride
    }
}
