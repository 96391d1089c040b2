/// One incarnation of a channel: its numbers, its window, and what a number means to it at the moment.
///
///     created ── first byte of n ──► next = max(next, n + 1) ── DELETE, idle ──► closed ── drain over ──► gone
///                     ▲  │
///                     └──┘ restart at n: next = n + 1, what was kept is replaced
struct RelayChannel {
    let id: ChannelID
    let name: ChannelName
    /// Fixed by the first who says one.
    var contentType: String?
    private(set) var next = SequenceNumber.zero
    /// A POST of a segment made the channel, and nothing else has happened to it.
    var isProvisional = false
    /// Whether no segment has begun in it yet.
    var isUnwritten: Bool { next == .zero && index.count == 0 }
    private(set) var index = SegmentIndex()
    /// The highest number that the window has moved past.
    private(set) var highestDropped: SequenceNumber?
    /// How often the numbering began again, and where it did the last time.
    private(set) var restarts = 0
    private(set) var restartNumber = SequenceNumber.zero
    /// Segments that were begun below ``next``.
    private(set) var lateCount = 0
    /// Payload bytes of all that is kept.
    var byteCount = 0
    /// Payload bytes of the largest segment that there has been.
    private(set) var largestSegment = 0
    /// Those of the kept segments that are being written.
    var openSegments: Set<SegmentID> = []
    let createdAt: Duration
    var lastByteAt: Duration
    /// When it was closed; nil while it lives.
    var closedAt: Duration?
    /// POSTs that have not sent a body byte yet.
    var preconnected: Set<PublicationID> = []
    /// POSTs that have.
    var writing: Set<PublicationID> = []
    var owner: ChannelOwner?
    /// When it closes, unless somebody publishes to it before: its publisher has gone without an end.
    var closesAt: Duration?
    var counts = ChannelCounts()
    /// Readers, those who wait among them.
    var readerCount = 0
    /// How old a segment may get that is not among the newest; nil for what the relay's limits say.
    var windowDuration: Duration?
    /// What it takes of the relay's memory without its segments, in bytes.
    let cost: Int
    /// The lanes that have readers who wait for something of this channel.
    var waitingLanes = LaneSet()

    init(id: ChannelID, name: ChannelName, contentType: String?, now: Duration) {
        self.id = id
        self.name = name
        self.contentType = contentType
        createdAt = now
        cost = 1024 + 2 * name.text.utf8.count + (contentType?.utf8.count ?? 0)
        lastByteAt = now
    }

    /// What time does to it.
    enum Due {
        case nothing
        /// It is closed, and has drained.
        case forgetting
        /// Its window and its publisher are to be looked at.
        ///
        /// - Parameter isOver: whether it is to be closed.
        case looking(isOver: Bool)
    }

    /// - Parameter idleTimeout: nil for a channel that is never idle.
    func due(now: Duration, _ drainDuration: Duration, idleTimeout: Duration?) -> Due {
        if let closedAt { return now - closedAt >= drainDuration ? .forgetting : .nothing }
        let isOver = closesAt.map { now >= $0 } ?? false
        let isIdle = idleTimeout.map { now - lastByteAt >= $0 } ?? false
        guard isOver || isIdle || index.count > 1 || owner != nil else { return .nothing }
        return .looking(isOver: isOver || isIdle)
    }

    /// What the first body byte at a number, or the proper end of an empty body, does there.
    enum Arrival: Equatable {
        /// Begins a segment that was not there.
        case begin
        /// Goes on with a segment that is being written.
        case join(SegmentID)
        /// Takes the place of an aborted one.
        case replace(SegmentID)
        /// Is compared with the last finished one.
        case compare(SegmentID)
        /// The publisher has begun again.
        case restart
    }

    /// - Parameter isOpen: the state of a kept segment: true open, false complete, nil aborted.
    func arrival(at number: SequenceNumber, isOpen: (SegmentID) -> Bool?) -> Arrival {
        if let segment = index.segment(number) {
            return switch isOpen(segment) {
            case .some(true): .join(segment)
            case .none: .replace(segment)
            case .some(false): number.next == next ? .compare(segment) : .restart
            }
        }
        return number < floor ? .restart : .begin
    }

    /// As many numbers below `next` can be written though nothing was kept there: POST 1 may come before POST 0.
    private static let graceCount = 5

    /// The lowest number that can still be written for the first time.
    private var floor: SequenceNumber {
        let grace = SequenceNumber(Swift.max(0, next.value - Self.graceCount)) ?? .zero
        let lowest = Swift.min(index.lowest ?? grace, grace)
        guard let dropped = highestDropped?.next else { return lowest }
        return Swift.max(lowest, dropped)
    }

    /// Whether a number below `next` that is not kept may still come and is worth waiting for.
    func mayCome(_ number: SequenceNumber, isPreconnected: Bool) -> Bool {
        guard number >= floor else { return false }
        return isPreconnected || number.value == next.value - 2
    }

    /// Whether a GET may wait for a number that is not below `next`.
    func mayWait(_ number: SequenceNumber) -> Bool {
        number == next || (next == 0 && number == 1)
    }

    /// The number that a relative position means at the moment.
    func resolve(_ position: SegmentPosition) -> SequenceNumber {
        switch position {
        case .exact(let number): return number
        case .next: return next
        case .current: return SequenceNumber(Swift.max(0, next.value - 1)) ?? .zero
        case .back(let count):
            let number = SequenceNumber(Swift.max(0, next.value - 1 - count)) ?? .zero
            return index.first(from: number)?.number ?? next
        }
    }

    /// Lists a segment; `next` moves past it and never back.
    mutating func keep(_ segment: SegmentID, at number: SequenceNumber) {
        index.insert(segment, at: number)
        if number < next { lateCount += 1 }
        if number >= next { next = number.next ?? number }
    }

    /// Payload bytes have come.
    ///
    /// - Parameter segmentByteCount: what the segment has with them.
    /// - Returns: the payload bytes of all that is kept, and of the largest segment that there has been.
    mutating func received(
        _ count: Int, ofSegmentWith segmentByteCount: Int, now: Duration
    ) -> (byteCount: Int, largest: Int) {
        lastByteAt = now
        counts.bytesIn += count
        byteCount += count
        largestSegment = max(largestSegment, segmentByteCount)
        return (byteCount, largestSegment)
    }

    /// Begins the numbering again.
    ///
    /// - Returns: what was kept until now.
    mutating func restart(at number: SequenceNumber) -> [SegmentID] {
        let replaced = index.removeAll()
        highestDropped = SequenceNumber(number.value - 1)
        next = number
        restarts += 1
        restartNumber = number
        byteCount = 0
        openSegments = []
        return replaced
    }

    mutating func drop(position: Int) {
        highestDropped = Swift.max(highestDropped ?? .zero, index[position].number)
        index.remove(position: position)
    }
}
