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

    /// What it takes of the relay's memory, in bytes.
    var cost: Int { byteCount + pieces.count * Self.pieceOverhead }

    /// What a piece costs besides its payload: its place in the lists, its buffer's head, its chunk framing.
    static var pieceOverhead: Int { 128 }

    var isOpen: Bool { state == .open }

    /// When it ended; nil while it is open.
    var endedAt: Duration? {
        switch state {
        case .open: nil
        case .complete(let time), .aborted(_, let time): time
        }
    }

    mutating func append(_ piece: Piece) {
        precondition(isOpen, "a segment that has ended takes no more pieces")
        pieces.append(piece)
        byteCount += piece.byteCount
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
    }
}
