import NIOCore

/// Where a reader is in a segment, and in what form it gets the bytes.
struct SegmentCursor {
    enum Form {
        /// As chunks, which every reader shares.
        case chunks
        /// The bytes alone, for a body of known length or one that the connection's end ends.
        case payload
    }

    let form: Form
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
    init(_ form: Form, from start: Int = 0, count: Int? = nil, in pieces: [EncodedPiece]) {
        self.form = form
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

    /// Whether all that was asked for has been sent.
    var isAtEndOfCount: Bool { remaining == 0 }

    func isAtEnd(of pieces: [EncodedPiece]) -> Bool { piece == pieces.count || isAtEndOfCount }

    /// Whether one piece, and no more, is there to be sent.
    func isAtLastPiece(of pieces: [EncodedPiece]) -> Bool { piece == pieces.count - 1 }

    /// Goes past the piece at `index` when that is the next one, and all of it is wanted as a chunk; false when not.
    ///
    /// - Parameter byteCount: the piece's payload bytes.
    mutating func passWhole(_ index: Int, byteCount: Int) -> Bool {
        guard piece == index, offset == 0, remaining == nil, case .chunks = form else { return false }
        piece += 1
        passedByteCount += byteCount
        return true
    }

    /// Appends the next bytes to send to `batch`, as much as is handed to a connection at a time.
    ///
    /// - Parameter head: taken to go before the first bytes.
    /// - Returns: how many bytes, without the head.
    mutating func fill(_ batch: inout [ByteBuffer], in pieces: [EncodedPiece], after head: inout ByteBuffer?) -> Int {
        var byteCount = 0
        while byteCount < Self.maximumBatchByteCount, batch.count < SendingSocket.maximumBufferCount - 2,
            let bytes = next(in: pieces)
        {
            if let head = head.take() { batch.append(head) }
            batch.append(bytes)
            byteCount += bytes.readableBytes
        }
        return byteCount
    }

    /// Bytes that are handed to a connection at a time, and one piece more; it is asked again before the next batch.
    private static let maximumBatchByteCount = 128 << 10

    /// The next bytes to send; nil when there are none now.
    mutating func next(in pieces: [EncodedPiece]) -> ByteBuffer? {
        passOver(pieces)
        guard !isAtEnd(of: pieces) else { return nil }
        let current = pieces[piece]
        let end = min(current.byteCount, offset + (remaining ?? .max - offset))
        let range = offset..<end
        if remaining != nil { remaining! -= range.count }
        passedByteCount += current.byteCount
        offset = 0
        piece += 1
        switch form {
        case .chunks:
            return range.count == current.byteCount
                ? current.chunk : EncodedPiece(payload: current.slice(range).readableBytesView).chunk
        case .payload:
            return current.slice(range)
        }
    }
}
