import TrickleCore

/// A piece that is its bytes.
struct BytesPiece: RelayPiece, Equatable, ExpressibleByStringLiteral {
    var bytes: [UInt8]

    init(payload: [UInt8]) { bytes = payload }
    init(stringLiteral text: String) { bytes = Array(text.utf8) }
    init(_ text: String) { bytes = Array(text.utf8) }

    var byteCount: Int { bytes.count }
    var storageByteCount: Int { bytes.count }

    func hasSameBytes(from offset: Int, as other: BytesPiece, from otherOffset: Int, count: Int) -> Bool {
        bytes[offset..<offset + count].elementsEqual(other.bytes[otherOffset..<otherOffset + count])
    }

    func part(_ range: Range<Int>) -> BytesPiece { BytesPiece(payload: Array(bytes[range])) }

    static func joined(_ pieces: [BytesPiece]) -> BytesPiece { BytesPiece(payload: pieces.flatMap(\.bytes)) }
}
