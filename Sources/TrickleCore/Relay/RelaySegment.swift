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

        /// When it ended; nil while it is open.
        var endedAt: Duration? {
            switch self {
            case .open: nil
            case .complete(let time), .aborted(_, let time): time
            }
        }
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
    private(set) var cost = Self.ownCost
    /// Who is charged with it, see ``PublishRequest/client``.
    let client: Int
    /// When its first byte came.
    let beganAt: Duration
    private(set) var state = State.open
    var standing = Standing.kept
    /// The publications that write it at the moment.
    var writers: Set<PublicationID> = []
    /// The lanes that have readers of it.
    var lanes = LaneSet()
    /// Those of `lanes` that have been woken and have not looked yet.
    var wokenLanes = LaneSet()

    /// Pieces at the beginning that need no joining.
    private var joinedCount = 0

    init(id: SegmentID, number: SequenceNumber, channel: ChannelID, client: Int = 0, beganAt: Duration) {
        self.id = id
        self.number = number
        self.channel = channel
        self.client = client
        self.beganAt = beganAt
    }

    /// What a segment costs without a byte: its places in the tables.
    static var ownCost: Int { 512 }
    /// What a piece costs besides its storage: its places in the lists, its buffer's head, the allocator's own.
    static var pieceOverhead: Int { 256 }
    /// Payload bytes below which pieces are joined, and those of the pieces that come of it.
    private static var smallPieceByteCount: Int { 4 << 10 }
    private static var joinedPieceByteCount: Int { 64 << 10 }
    /// New pieces that make it worth to look for small ones.
    private static var manyPieces: Int { 32 }

    var isOpen: Bool { state == .open }
    var isComplete: Bool { if case .complete = state { true } else { false } }

    /// When it ended; nil while it is open.
    var endedAt: Duration? { state.endedAt }

    /// - Returns: what the piece costs.
    mutating func append(_ piece: Piece) -> Int {
        precondition(isOpen, "a segment that has ended takes no more pieces")
        pieces.append(piece)
        byteCount += piece.byteCount
        let pieceCost = piece.storageByteCount + Self.pieceOverhead
        cost += pieceCost
        return pieceCost
    }

    /// What a piece came to: its cost, and whose it is.
    struct Entry {
        let cost: Int
        let number: SequenceNumber
        let channel: ChannelID
        let client: Int
        /// Whether it is time to join small pieces, if that can be.
        let hasManyPieces: Bool
        /// Payload bytes of the segment with it.
        let byteCount: Int
    }

    /// As above, unless the segment would have more than `limit` payload bytes.
    ///
    /// - Returns: nil when it is too much.
    mutating func append(_ piece: Piece, upTo limit: Int) -> Entry? {
        guard byteCount + piece.byteCount <= limit else { return nil }
        return Entry(
            cost: append(piece), number: number, channel: channel, client: client,
            hasManyPieces: lanes.isEmpty && pieces.count - joinedCount >= Self.manyPieces, byteCount: byteCount)
    }

    /// Lanes have copied more bytes of it, or fewer, to be given out in another form.
    ///
    /// - Returns: who is charged with it; nil when it is left behind, and costs nothing any more.
    mutating func copiesChanged(by byteCount: Int) -> Int? {
        guard standing != .leftBehind else { return nil }
        cost += byteCount
        return client
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

    /// Joins small pieces where nobody's place in the list would change: each costs more than its bytes.
    ///
    /// - Parameter isEager: whether a few are enough.
    /// - Returns: by how much the cost has changed.
    mutating func joinSmallPieces(isEager: Bool) -> Int {
        // A publisher that repeats an ended segment has its place in the list, too.
        guard lanes.isEmpty, isOpen || writers.isEmpty,
            pieces.count - joinedCount >= (isEager ? 2 : Self.manyPieces)
        else { return 0 }
        var joined: [Piece] = []
        var run: [Piece] = []
        var runByteCount = 0
        func endRun() {
            if run.count > 1 { joined.append(.joined(run)) } else { joined += run }
            run = []
            runByteCount = 0
        }
        for piece in pieces[joinedCount...] {
            if piece.byteCount >= Self.smallPieceByteCount {
                endRun()
                joined.append(piece)
            } else {
                run.append(piece)
                runByteCount += piece.byteCount
                if runByteCount >= Self.joinedPieceByteCount { endRun() }
            }
        }
        endRun()
        let change = Self.cost(of: joined[...]) - Self.cost(of: pieces[joinedCount...])
        pieces.replaceSubrange(joinedCount..., with: joined)
        // A last one that is still small is joined with what comes.
        joinedCount =
            joined.last.map { $0.byteCount < Self.smallPieceByteCount } == true ? pieces.count - 1 : pieces.count
        cost += change
        return change
    }

    private static func cost(of pieces: ArraySlice<Piece>) -> Int {
        pieces.reduce(0) { $0 + $1.storageByteCount + pieceOverhead }
    }

    /// Frees the bytes: nobody may read them any more.
    mutating func freeBytes() {
        standing = .leftBehind
        joinedCount = 0
        pieces = []
        byteCount = 0
        cost = 0
    }
}
