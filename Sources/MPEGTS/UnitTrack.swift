/// Follows the units of one stream through a segment, and writes what it finds into the segment's contents.
struct UnitTrack: Sendable {
    /// Units that are kept for ``SegmentScan/takeUnits()``; when there are more, the oldest are forgotten.
    static let maximumUnitCount = 4096

    /// Where a packet stands: what is known there besides its bytes.
    struct Place {
        let position: Int
        /// Where the run of tables begins that stands directly before, if it holds all that a viewer needs.
        let tables: Int?
        let hasGap: Bool
        /// The program's last clock reference, for streams without time stamps.
        let clock: Timestamp?
        let now: Duration
    }

    let stream: ElementaryStream
    private var units: UnitReader
    private var clock = MediaClock()
    private(set) var newUnits: [SegmentContents.Unit] = []
    /// The unit of which is not known yet what it is.
    private var pending: SegmentContents.Unit?
    /// Whether the stream has had a random access point that says of itself that it is one.
    private var hasAnnouncedPoints = false
    /// Whether the stream has had a time stamp.
    private var hasTimestamps = false
    /// What a unit lasted in the segment before.
    private var earlierUnitDuration: MediaTicks?
    /// The last unit with a time stamp: its number in the segment, and its time.
    private var lastStamped: (index: Int, elapsed: MediaTicks, timestamp: Timestamp)?

    init(_ stream: ElementaryStream) {
        self.stream = stream
        units = UnitReader(stream.codec)
    }

    /// Goes on in the next segment: what the last picture was is of no interest, the parameter sets are.
    ///
    /// - Parameter unitDuration: what a unit lasted.
    init(after previous: UnitTrack, unitDuration: MediaTicks?) {
        self.init(previous.stream)
        units = previous.units
        _ = units.finish()
        units.skipUnit()
        hasAnnouncedPoints = previous.hasAnnouncedPoints
        hasTimestamps = previous.hasTimestamps
        earlierUnitDuration = unitDuration
    }

    /// What it takes of memory besides its own fields, in bytes.
    var storageByteCount: Int { newUnits.storageByteCount + units.storageByteCount }

    /// How much media has gone by since the first unit.
    var elapsed: MediaTicks { clock.elapsed }

    mutating func takeUnits() -> [SegmentContents.Unit] {
        defer { newUnits = [] }
        return newUnits
    }

    /// A packet of the stream, but for duplicates.
    mutating func receive(
        _ packet: RawSpan, _ header: PacketHeader, at place: Place, into contents: inout SegmentContents
    ) {
        let news = units.receive(packet, header: header, hasGap: place.hasGap)
        if units.isScrambled { contents.isScrambled = true }
        if let verdict = news.earlier { decide(verdict, &contents) }
        if news.beginsUnit { begin(at: place, &contents) }
        if let pes = news.header { receive(pes, beginsFrame: news.beginsFrame, at: place, &contents) }
        if let verdict = news.verdict { decide(verdict, &contents) }
    }

    /// The segment, or what is looked at of it, is over.
    mutating func finish(_ contents: inout SegmentContents) {
        if let verdict = units.finish() { decide(verdict, &contents) }
        settle(&contents)
    }

    private mutating func begin(at place: Place, _ contents: inout SegmentContents) {
        settle(&contents)
        pending = SegmentContents.Unit(
            offset: place.tables ?? place.position, hasTables: place.tables != nil, elapsed: clock.elapsed)
        contents.unitCount += 1
        measure(&contents)
    }

    private mutating func receive(
        _ pes: PESHeader, beginsFrame: Bool, at place: Place, _ contents: inout SegmentContents
    ) {
        // A PES packet that goes on with a unit tells nothing new of its time.
        guard pending != nil, pending?.pts == nil else { return }
        if pes.pts != nil { hasTimestamps = true }
        let timestamp = pes.decodingTimestamp ?? (hasTimestamps ? nil : place.clock)
        let jumps = clock.jumpCount
        clock.advance(to: timestamp, now: place.now)
        contents.jumpCount += clock.jumpCount - jumps
        pending?.pts = pes.pts
        pending?.dts = pes.dts ?? (pes.pts == nil ? timestamp : nil)
        pending?.elapsed = clock.elapsed
        if let timestamp {
            lastStamped = (contents.unitCount - 1, clock.elapsed, timestamp)
            measure(&contents)
        }
        guard units.scanner == nil else { return }
        if beginsFrame, units.codec.kind == .audio { pending?.randomAccessPoint = .audioFrame }
        settle(&contents)
    }

    private mutating func decide(_ verdict: AccessUnitScanner.Verdict, _ contents: inout SegmentContents) {
        switch verdict {
        case .randomAccessPoint(let kind):
            contents.pictureSize = units.scanner?.pictureSize ?? contents.pictureSize
            if contents.videoProfile == nil { contents.videoProfile = units.scanner?.profile }
            hasAnnouncedPoints = true
            pending?.randomAccessPoint = kind
        // A segment was begun here because nothing better came: see ``GOPSegmenter/announcementTime``.
        case .unannouncedIntra where !hasAnnouncedPoints && contents.firstUnit == nil:
            pending?.randomAccessPoint = .intraPicture
        case .unannouncedIntra, .ordinary, .undecided: break
        }
        settle(&contents)
    }

    /// No more is going to be known of the unit.
    private mutating func settle(_ contents: inout SegmentContents) {
        guard let unit = pending.take() else { return }
        if contents.firstUnit == nil { contents.firstUnit = unit }
        contents.lastUnit = unit
        if unit.randomAccessPoint != nil {
            if contents.randomAccessPoints.count == SegmentContents.maximumPointCount {
                contents.randomAccessPoints.removeLast()
            }
            contents.randomAccessPoints.append(unit)
        }
        if newUnits.count == Self.maximumUnitCount { newUnits.removeFirst(Self.maximumUnitCount / 2) }
        newUnits.append(unit)
    }

    /// What units last, and the segment with that.
    private mutating func measure(_ contents: inout SegmentContents) {
        let last = lastStamped
        if let last, last.index > 0, last.elapsed > 0 {
            contents.unitDuration = last.elapsed / Int64(last.index)
        } else {
            contents.unitDuration = earlierUnitDuration
        }
        let count = Int64(contents.unitCount)
        let rest: MediaTicks?
        if let last, last.index > 0, last.elapsed > 0 {
            rest = last.elapsed * (count - Int64(last.index)) / Int64(last.index)
        } else {
            rest = earlierUnitDuration.map { $0 * (count - Int64(last?.index ?? 0)) }
        }
        contents.duration = rest.map { (last?.elapsed ?? 0) + $0 }
        contents.nextTimestamp = last.flatMap { last in rest.map { last.timestamp.advanced(by: $0) } }
    }
}
