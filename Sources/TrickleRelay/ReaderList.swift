import TrickleCore

/// Somebody on a lane who reads a segment, or waits for one. Lives and is called on the lane's event loop only.
protocol LaneReader: AnyObject {
    /// The place in the list that the reader is in; the list keeps it.
    var place: Int { get set }
    /// What was waited for: a segment of which the lane has all there is, or why there is none.
    func waitingEnded(_ outcome: WaitingOutcome)
    /// The segment has more pieces, or has ended.
    func segmentMoved()
    /// The segment is open, and has at least one more piece: its last one, at `index`, is `newest` as a chunk.
    func segmentMoved(newest: UnsafeRawBufferPointer, at index: Int)
    /// Payload bytes of the segment that are there and have not been taken.
    var lag: Int { get }
    /// Bytes of the segment that have been handed over, framing and all.
    var sentByteCount: Int { get }
}

extension LaneReader {
    func segmentMoved(newest: UnsafeRawBufferPointer, at index: Int) { segmentMoved() }
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

    /// The reader at `place`, or nil when the list has become shorter.
    subscript(place: Int) -> (any LaneReader)? { place < readers.count ? readers[place] : nil }
}
