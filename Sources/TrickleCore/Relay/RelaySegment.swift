/// Who ended a segment before its end.
public enum AbortCause: String, Sendable {
    case publisher
    case relay
}

/// One incarnation of a segment: an append-only list of pieces, and how it ended.
struct RelaySegment<Piece: RelayPiece>: Sendable {
    enum State: Equatable {
        case open
        case complete(at: Duration)
        case aborted(AbortCause, at: Duration)
    }

    /// Where the segment stands towards its channel.
    enum Standing {
        /// Listed: whoever asks for the number gets it.
        case kept
        /// Another incarnation took over; readers finish this one.
        case replaced
        /// The window moved on; readers are cut off.
        case leftBehind
    }

    let id: SegmentID
    let number: SequenceNumber
    let channel: ChannelID
    private(set) var pieces: [Piece] = []
    private(set) var byteCount = 0
    /// What it takes of the relay's memory, in bytes.
    private(set) var cost = 0
    private(set) var state = State.open
    var standing = Standing.kept
    /// The publications that write it at the moment.
    var writers: Set<PublicationID> = []
    /// The lanes that have readers of it.
    var lanes = LaneSet()
    /// Those of `lanes` that have been woken and have not looked yet.
    var wokenLanes = LaneSet()

    init(id: SegmentID, number: SequenceNumber, channel: ChannelID) {
        self.id = id
        self.number = number
        self.channel = channel
    }

    /// What a piece costs besides its storage: its place in the lists, its buffer's head, the allocator's own.
    static var pieceOverhead: Int { 128 }

    var isOpen: Bool { state == .open }
    var isComplete: Bool { if case .complete = state { true } else { false } }

    /// When it ended; nil while it is open.
    var endedAt: Duration? {
        switch state {
        case .open: nil
        case .complete(let time), .aborted(_, let time): time
        }
    }

    /// - Returns: what the piece costs.
    mutating func append(_ piece: Piece) -> Int {
        precondition(isOpen, "a segment that has ended takes no more pieces")
        pieces.append(piece)
        byteCount += piece.byteCount
        let pieceCost = piece.storageByteCount + Self.pieceOverhead
        cost += pieceCost
        return pieceCost
    }

    /// As above, unless the segment would have more than `limit` payload bytes.
    ///
    /// - Returns: what the piece costs, and whose it is; nil when it is too much.
    mutating func append(_ piece: Piece, upTo limit: Int) -> (cost: Int, number: SequenceNumber, channel: ChannelID)? {
        guard byteCount + piece.byteCount <= limit else { return nil }
        return (append(piece), number, channel)
    }

    /// The lanes that have readers and have not been woken since they last looked: woken from now on.
    mutating func wakeLanes() -> LaneSet {
        let asleep = lanes.subtracting(wokenLanes)
        wokenLanes = lanes
        return asleep
    }

    /// Copies the pieces from `first` on to the end of `pieces`; the lane has looked.
    mutating func pull(from first: Int, on lane: Lane, into pieces: inout [Piece]) -> SegmentProgress {
        wokenLanes.remove(lane)
        guard standing != .leftBehind else { return .leftBehind }
        pieces.append(contentsOf: self.pieces[first...])
        return switch state {
        case .open: .open
        case .complete: .complete
        case .aborted(let cause, _): .aborted(cause)
        }
    }

    mutating func end(_ state: State) {
        guard isOpen else { return }
        self.state = state
    }

    /// Frees the bytes: nobody may read them any more.
    mutating func leaveBehind() {
        standing = .leftBehind
        pieces = []
        byteCount = 0
        cost = 0
    }
}
