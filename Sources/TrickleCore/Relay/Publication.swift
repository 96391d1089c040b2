/// Why a POST came to its end before its body did.
public enum PublicationEnd: Equatable, Sendable {
    /// The segment was ended by somebody else.
    case segmentEnded(SequenceNumber)
    /// The channel was closed.
    case channelClosed
    /// A publisher that began again took the segment's place.
    case superseded(SequenceNumber)
    /// The relay is going down.
    case relayDraining
    /// The relay had to give the segment up, for want of memory.
    case outOfMemory
}

/// One POST of a segment, from its head to its end.
///
///     preconnected ── first byte ──► writing ──► (finished, broken)
///              │                        ▲
///              └─ at the last number ─► comparing ── difference ──┘
struct Publication<Piece: RelayPiece>: Sendable {
    enum Phase {
        /// No body byte has come.
        case preconnected
        case writing(SegmentID)
        /// The segment has ended; the publisher repeats bytes that are there, because it never got the answer.
        case repeating(SegmentID)
        /// All that came is the same as what the segment has from its beginning.
        case comparing(SegmentID, place: ComparisonPlace)
        case ended(PublicationEnd)
    }

    let id: PublicationID
    /// One that was closed already, for a POST that came late: see ``RelayStore/moveToNewChannel(_:now:)``.
    var channel: ChannelID
    let name: ChannelName
    let contentType: String?
    let lane: Lane
    /// nil: the number that is next at the first body byte.
    let number: SequenceNumber?
    /// `Lp-Trickle-Reset`: ends all earlier open segments at the first body byte.
    let resets: Bool
    /// `Lp-Trickle-Publisher`: who publishes, if it said so.
    let publisher: String?
    /// Who is charged with the memory that it takes, see ``PublishRequest/client``.
    let client: Int
    let openedAt: Duration
    /// Bytes that the publisher sends again and the segment has.
    var overlap = 0
    /// Bytes that wait for more, to go into the segment with them.
    var held = HeldPieces<Piece>()
    var phase = Phase.preconnected

    /// The segment that it writes without repeating anything; nil when it does not. Changes nothing: in place it is cheap.
    mutating func segmentWrittenPlainly() -> SegmentID? {
        guard overlap == 0, held.pieces.isEmpty, case .writing(let segment) = phase else { return nil }
        return segment
    }

    /// Keeps the piece until more has come.
    ///
    /// - Returns: what it costs, and for which segment it is; nil where it cannot wait.
    mutating func hold(_ piece: Piece) -> (cost: Int, client: Int, segment: SegmentID)? {
        guard overlap == 0, !held.isFull, case .writing(let segment) = phase else { return nil }
        return (held.append(piece), client, segment)
    }
}

/// What the head of a POST asks for.
public struct PublishRequest: Sendable {
    /// A number, or ``SegmentPosition/next`` for the one that is next at the first body byte.
    public var position: SegmentPosition
    /// What the channel carries if nobody said so before.
    public var contentType: String?
    /// `Lp-Trickle-Reset`: whether the first body byte ends all earlier open segments, and whether another publisher is
    /// pushed aside.
    public var resets = false
    /// `Lp-Trickle-Publisher`: an identity that owns the channel while one of its POSTs is open.
    public var publisher: String?
    /// `Lp-Trickle-Offset`: the place of the first body byte in the segment; means something with a publisher only.
    public var offset = 0

    /// Who is charged with the memory that the segment takes: the same number for the same client; 0 for nobody in particular.
    public var client = 0

    /// Bytes of the body, where its head tells.
    public var byteCount: Int?

    public init(_ position: SegmentPosition, contentType: String? = nil) {
        self.position = position
        self.contentType = contentType
    }
}

/// Who owns a channel: a publisher that has said who it is.
struct ChannelOwner: Equatable {
    let publisher: String
    let since: Duration
    /// Whether it has the channel until it lets go of it, with or without a POST.
    var holdsClaim = false
    /// Its open POSTs.
    var posts: Set<PublicationID> = []
    /// Until when it is waited for after one of its POSTs broke.
    var awaitedUntil: Duration?

    /// Whether nothing but the wait for it keeps others away.
    var isAwaited: Bool { !holdsClaim && posts.isEmpty }

    func isPresent(at now: Duration) -> Bool {
        !isAwaited || awaitedUntil.map { now < $0 } ?? false
    }
}

/// Where a comparison stands in the list of pieces of the segment that is compared with.
struct ComparisonPlace: Equatable {
    var piece = 0
    var offset = 0
    /// Payload bytes that are the same.
    var byteCount = 0

    /// Compares `new` with what `pieces` have from here on, and moves on over what is the same.
    ///
    /// - Returns: false at the first difference, or where `pieces` end before `new` does.
    mutating func advance<Piece: RelayPiece>(over new: Piece, in pieces: [Piece]) -> Bool {
        var compared = 0
        while compared < new.byteCount {
            guard piece < pieces.count else { return false }
            let count = min(new.byteCount - compared, pieces[piece].byteCount - offset)
            guard new.hasSameBytes(from: compared, as: pieces[piece], from: offset, count: count) else { return false }
            compared += count
            byteCount += count
            offset += count
            if offset == pieces[piece].byteCount {
                piece += 1
                offset = 0
            }
        }
        return true
    }

    /// What has been the same, of the segment that was compared with.
    func prefix<Piece: RelayPiece>(of pieces: [Piece]) -> [Piece] {
        var same = Array(pieces[..<piece])
        if offset > 0 { same.append(pieces[piece].part(0..<offset)) }
        return same
    }
}
