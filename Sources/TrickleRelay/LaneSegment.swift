import TrickleCore

/// A segment as one lane sees it: the pieces (shared with all other lanes) and this lane's readers of them.
///
/// Lives on the lane's event loop. Adding to it costs one hop for the whole lane; each reader is a cursor into ``pieces``.
final class LaneSegment: ReadPieces {
    let id: SegmentID
    let channel: ChannelID
    let number: SequenceNumber
    let contentType: String?
    /// When its first byte came, in the store's time.
    let beganAt: Duration
    private(set) var pieces: [EncodedPiece] = []
    private(set) var progress = SegmentProgress.open
    private(set) var byteCount = 0
    private(set) var readers = ReaderList()
    /// The same in whole units, by their size, as long as somebody reads them.
    private var units: [Int: UnitPieces] = [:]
    /// The head that readers who waited share; it differs only where the channel stood elsewhere when they came.
    private var sharedHead: (next: SequenceNumber, head: SharedHead)?

    init(_ view: SegmentView) {
        id = view.id
        channel = view.channel
        number = view.number
        contentType = view.contentType
        beganAt = view.beganAt
    }

    /// Takes what is new from the store.
    func update(_ pull: (_ first: Int, _ pieces: inout [EncodedPiece]) -> SegmentProgress) {
        let first = pieces.count
        progress = pull(first, &pieces)
        for piece in pieces[first...] {
            byteCount += piece.byteCount
            for unit in units.values { unit.append(piece) }
        }
    }

    // MARK: Readers

    /// Rounds that hand the segment to readers who waited for it.
    var pinCount = 0

    var isUnread: Bool { readers.isEmpty && units.isEmpty && pinCount == 0 }

    /// How the readers do.
    var delivery: LaneCounts.Delivery {
        units.values.reduce(into: readers.delivery) { $0.add($1.readers.delivery) }
    }

    func forEachReader(_ body: (any LaneReader) -> Void) {
        for list in [readers] + units.values.map(\.readers) { list.forEach(body) }
    }

    func insert(_ reader: any LaneReader) {
        guard let unit = reader.unit else { return readers.insert(reader) }
        self.pieces(inUnitsOf: unit).readers.insert(reader)
    }

    func remove(_ reader: any LaneReader) {
        guard let unit = reader.unit else { return readers.remove(reader) }
        units[unit]?.readers.remove(reader)
        if units[unit]?.readers.isEmpty == true { units[unit] = nil }
    }

    /// For readers with that ``LaneReader/unit``.
    func pieces(inUnitsOf unit: Int) -> UnitPieces {
        if let pieces = units[unit] { return pieces }
        let pieces = UnitPieces(unit: unit, pieces)
        units[unit] = pieces
        return pieces
    }

    private var toldCopyByteCount = 0

    /// How much more memory than last time the copies in whole units take, in bytes.
    func takeCopyChange() -> Int {
        guard !units.isEmpty || toldCopyByteCount > 0 else { return 0 }
        let byteCount = units.values.reduce(0) { $0 + $1.copyByteCount }
        defer { toldCopyByteCount = byteCount }
        return byteCount - toldCopyByteCount
    }

    // MARK: Moving on

    /// Lists of which readers have not gone on yet: those below the place.
    private var unmoved: [(list: any ReadPieces, below: Int)] = []
    /// Whether there is something new for those who have gone on, too.
    var movesAgain = false

    /// Whether readers have not gone on yet.
    var isMoving: Bool { !unmoved.isEmpty }

    /// Every reader is to go on. Who comes from now on has all there is.
    func beginMoving() {
        unmoved.removeAll(keepingCapacity: true)
        if !readers.isEmpty { unmoved.append((self, readers.count)) }
        for unit in units.values { unmoved.append((unit, unit.readers.count)) }
    }

    /// Lets readers go on while there is a budget. A reader may leave while it is called.
    func moveReaders(_ budget: TurnBudget) {
        let isOpen = progress == .open
        while !budget.isSpent, let (list, place) = unmoved.popLast() {
            let rest = list.moveReaders(below: place, isOpen: isOpen, budget)
            if rest > 0 { unmoved.append((list, rest)) }
        }
    }

    func sharedHead(next: SequenceNumber, make: () -> SharedHead) -> SharedHead {
        if let sharedHead, sharedHead.next == next { return sharedHead.head }
        let head = make()
        sharedHead = (next, head)
        return head
    }
}
