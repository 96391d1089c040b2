import TrickleCore

/// Somebody on a lane who reads a segment, or waits for one. Lives and is called on the lane's event loop only.
protocol LaneReader: AnyObject {
    /// The place in the list that the reader is in; the list keeps it.
    var place: Int { get set }
    /// What was waited for: a segment of which the lane has all there is, or why there is none.
    func waitingEnded(_ outcome: WaitingOutcome)
    /// The segment has more pieces, or has ended.
    func segmentMoved()
    /// The segment is open, and has at least one more piece, the newest.
    func segmentMoved(newest: NewestPiece)
    /// Payload bytes of the segment that are there and have not been taken. Costs the same however many pieces that is.
    var lag: Int { get }
    /// Bytes of the segment that have been handed over, framing and all.
    var sentByteCount: Int { get }
    /// Whose figures that is added to; nil for the relay's own program.
    var client: ClientAddress? { get }
    /// The reader gets pieces that end where units of so many bytes do; nil for pieces as they came.
    var unit: Int? { get }
}

extension LaneReader {
    func segmentMoved(newest: NewestPiece) { segmentMoved() }
    var unit: Int? { nil }
    var client: ClientAddress? { nil }
}

/// The last of a segment's pieces, for as long as its readers are told of it.
struct NewestPiece {
    let index: Int
    /// Payload bytes.
    let byteCount: Int
    /// A pointer, so that handing this on counts no references.
    let piece: UnsafePointer<EncodedPiece>
    /// The bytes of the piece's chunk.
    let chunk: UnsafeRawBufferPointer
}

/// Pieces, and the readers who are given them.
protocol ReadPieces: AnyObject {
    var pieces: [EncodedPiece] { get }
    /// Payload bytes of all pieces.
    var byteCount: Int { get }
    var readers: ReaderList { get }
}

extension ReadPieces {
    /// Lets the readers at places below `place` go on, from the last one on, while there is a budget. A reader may leave while it is called.
    ///
    /// - Returns: the place below which nobody has been called.
    func moveReaders(below place: Int, isOpen: Bool, _ budget: TurnBudget) -> Int {
        guard isOpen, let newest = pieces.last else {
            return moveReaders(below: place, budget) { $0.segmentMoved() }
        }
        return newest.chunk.withUnsafeReadableBytes { bytes in
            withUnsafePointer(to: newest) { piece in
                let newest = NewestPiece(
                    index: pieces.count - 1, byteCount: piece.pointee.byteCount, piece: piece, chunk: bytes)
                return moveReaders(below: place, budget) { $0.segmentMoved(newest: newest) }
            }
        }
    }

    private func moveReaders(below place: Int, _ budget: TurnBudget, _ move: (any LaneReader) -> Void) -> Int {
        var place = min(place, readers.count)
        while place > 0, !budget.isSpent {
            place -= 1
            guard let reader = readers[place] else { continue }
            move(reader)
            budget.takeReader()
        }
        return place
    }
}

/// What waiting came to.
enum WaitingOutcome {
    case segment(LaneSegment)
    case closed(next: SequenceNumber)
    case refused(RelayRefusal)
}

/// Readers in no order: joining, leaving and going through them allocate nothing.
struct ReaderList {
    private var readers: [any LaneReader] = []

    var isEmpty: Bool { readers.isEmpty }
    var count: Int { readers.count }

    /// How those do who are in it now.
    var delivery: LaneCounts.Delivery {
        var delivery = LaneCounts.Delivery()
        for reader in readers { delivery.add(.init(bytesOut: reader.sentByteCount, lag: reader.lag)) }
        return delivery
    }

    func forEach(_ body: (any LaneReader) -> Void) { readers.forEach(body) }

    mutating func insert(_ reader: any LaneReader) {
        reader.place = readers.count
        readers.append(reader)
    }

    mutating func remove(_ reader: any LaneReader) {
        let place = reader.place
        guard place < readers.count, readers[place] === reader else { return }
        let last = readers.removeLast()
        if last !== reader {
            readers[place] = last
            last.place = place
        }
    }

    mutating func popLast() -> (any LaneReader)? { readers.popLast() }

    /// The reader at `place`, or nil when the list has become shorter.
    subscript(place: Int) -> (any LaneReader)? { place < readers.count ? readers[place] : nil }
}
