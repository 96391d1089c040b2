import NIOCore

/// Where a reader is in a segment.
struct SegmentCursor {
    private var piece = 0
    /// Payload bytes of `pieces[piece]` that are passed over.
    private var offset = 0
    /// Payload bytes of the pieces before that one.
    private var passedByteCount = 0
    /// Payload bytes that are still to be sent; nil for all that comes.
    private var remaining: Int?

    /// - Parameters:
    ///   - start: payload bytes to pass over.
    ///   - count: payload bytes to send; nil for all that comes.
    init(from start: Int = 0, count: Int? = nil, in pieces: [EncodedPiece]) {
        remaining = count
        offset = start
        passOver(pieces)
    }

    /// Goes on to the piece that the offset is in.
    private mutating func passOver(_ pieces: [EncodedPiece]) {
        while piece < pieces.count, offset >= pieces[piece].byteCount {
            offset -= pieces[piece].byteCount
            passedByteCount += pieces[piece].byteCount
            piece += 1
        }
    }

    /// Payload bytes that are there from here on.
    ///
    /// - Parameter byteCount: those of all pieces.
    func bytesLeft(of byteCount: Int) -> Int { max(0, byteCount - passedByteCount - offset) }

    /// Whether only so many bytes are asked for.
    var hasCount: Bool { remaining != nil }

    /// Whether all that was asked for has been sent.
    var isAtEndOfCount: Bool { remaining == 0 }

    func isAtEnd(of pieces: [EncodedPiece]) -> Bool { piece == pieces.count || isAtEndOfCount }

    /// Goes past the piece at `index` when that is the next one, and all of it is wanted; false when not.
    ///
    /// - Parameter byteCount: the piece's payload bytes.
    mutating func passWhole(_ index: Int, byteCount: Int) -> Bool {
        guard piece == index, offset == 0, remaining == nil else { return false }
        piece += 1
        passedByteCount += byteCount
        return true
    }

    /// Writes the next pieces, as much as is handed to a connection at a time.
    ///
    /// - Returns: how many bytes the wire has for them.
    mutating func write(to writer: any ResponseWriter, from pieces: [EncodedPiece]) -> Int {
        var byteCount = 0
        var count = 0
        while byteCount < Self.maximumBatchByteCount, count < Self.maximumBatchPieceCount,
            let (index, range) = next(in: pieces)
        {
            byteCount += range.map { writer.write(pieces[index], $0) } ?? writer.write(pieces[index])
            count += 1
        }
        return byteCount
    }

    /// Bytes that are handed to a connection at a time, and one piece more; it is asked again before the next batch.
    private static let maximumBatchByteCount = 128 << 10
    /// Pieces that are handed to a connection at a time.
    static let maximumBatchPieceCount = 14

    /// The next piece to send, with the part of its payload where that is not all; nil when there is none now.
    mutating func next(in pieces: [EncodedPiece]) -> (index: Int, range: Range<Int>?)? {
        passOver(pieces)
        guard !isAtEnd(of: pieces) else { return nil }
        let byteCount = pieces[piece].byteCount
        let range = offset..<min(byteCount, offset + (remaining ?? .max - offset))
        if remaining != nil { remaining! -= range.count }
        passedByteCount += byteCount
        offset = 0
        defer { piece += 1 }
        return (piece, range.count == byteCount ? nil : range)
    }

    /// The payload of the next piece, or the part of it to send; nil when there is none now.
    mutating func nextPayload(in pieces: [EncodedPiece]) -> ByteBuffer? {
        next(in: pieces).map { index, range in range.map(pieces[index].slice) ?? pieces[index].payload }
    }
}
