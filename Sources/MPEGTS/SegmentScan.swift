/// Looks through the bytes of one segment as they come: whether it is a transport stream, where decoding can begin, how long it lasts.
///
/// Bytes in any pieces go in; ``contents`` says what was found, ``takeUnits()`` what has come since the last call. The result does not
/// depend on the pieces. What stands before the first program map is not looked at, unless the segment before told the map. Holds at most a
/// packet and the sections of tables.
///
/// ```swift
/// var scan = SegmentScan(after: previous)
/// scan.receive(bytes, now: arrival)
/// scan.finish()
/// let start = scan.contents.randomAccessPoints.last
/// ```
public struct SegmentScan: Sendable {
    /// Units that ``takeUnits()`` gives; when there are more, the oldest are forgotten.
    public static let maximumUnitCount = 4096

    public private(set) var contents = SegmentContents()
    private var newUnits: [SegmentContents.Unit] = []
    /// The beginning of a packet.
    private var carry: [UInt8] = []
    private var offset = 0
    private var tables = ProgramTables()
    private var tablePIDs: [PID] = [.pat]
    private var oddities = OddityCounter()
    private var continuity = ContinuityChecker()
    private var units: UnitReader?
    private var clock = MediaClock()
    /// The unit of which is not known yet what it is.
    private var pending: SegmentContents.Unit?
    /// Whether the stream has had a random access point that says of itself that it is one.
    private var hasAnnouncedPoints = false
    /// What a unit lasted in the segment before.
    private var earlierUnitDuration: Int64?
    /// The last unit with a time stamp: its number in the segment, and its time.
    private var lastStamped: (index: Int, elapsed: Int64, timestamp: Timestamp)?

    /// - Parameter previous: the segment before, if there is one: its tables and parameter sets hold until others come.
    public init(after previous: SegmentScan? = nil) {
        carry.reserveCapacity(TransportPacket.size)
        guard let previous else { return }
        tables = previous.tables
        tables.rewind()
        hasAnnouncedPoints = previous.hasAnnouncedPoints
        earlierUnitDuration = previous.contents.unitDuration
        chooseStream()
        // What its last picture was is of no interest; the parameter sets are.
        if let stream = contents.mainStream, stream == previous.contents.mainStream {
            units = previous.units
            _ = units?.finish()
            units?.skipUnit()
        }
    }

    /// The units that have turned out what they are since the last call, in their order.
    public mutating func takeUnits() -> [SegmentContents.Unit] {
        defer { newUnits = [] }
        return newUnits
    }

    /// The next bytes of the segment.
    ///
    /// - Parameter now: when they came, on any clock that does not go back; used where the stream has no usable time stamps.
    public mutating func receive(_ bytes: RawSpan, now: Duration = .zero) {
        contents.byteCount += bytes.byteCount
        if case .broken = contents.alignment { return }
        var start = 0
        if !carry.isEmpty {
            start = min(TransportPacket.size - carry.count, bytes.byteCount)
            carry.append(contentsOf: bytes.extracting(0..<start))
            guard carry.count == TransportPacket.size else { return }
            let packet = carry
            carry.removeAll(keepingCapacity: true)
            guard look(at: packet.span.bytes, now: now) else { return }
        }
        while start + TransportPacket.size <= bytes.byteCount {
            guard look(at: bytes.extracting(start..<start + TransportPacket.size), now: now) else { return }
            start += TransportPacket.size
        }
        guard start < bytes.byteCount else { return }
        guard checkSync(bytes.byte(at: start)) else { return }
        carry.append(contentsOf: bytes.extracting(start..<bytes.byteCount))
    }

    /// The segment has ended.
    public mutating func finish() {
        if let verdict = units?.finish() { decide(verdict) }
        settle()
    }

    private mutating func checkSync(_ byte: UInt8) -> Bool {
        contents.alignment = byte == TransportPacket.syncByte ? .aligned : .broken(at: offset)
        return contents.alignment == .aligned
    }

    // MARK: - Packets

    /// - Returns: whether it is a packet.
    private mutating func look(at packet: RawSpan, now: Duration) -> Bool {
        guard checkSync(packet.byte(at: 0)) else { return false }
        let header = PacketHeader(packet)
        let pid = Int(header.pid.rawValue)
        let position = offset
        offset += TransportPacket.size
        guard !header.transportErrorIndicator else { return true }
        let finding = continuity.check(
            pid, counter: header.continuityCounter, hasPayload: header.hasPayload,
            jumps: AdaptationField(packet).discontinuityIndicator)
        if header.hasPayload { note(header) }
        if header.pid == contents.mainStream?.pid {
            if finding != .duplicate { receiveMain(packet, header, at: position, hasGap: finding == .gap, now: now) }
        } else if tablePIDs.contains(header.pid) {
            if finding == .gap { tables.reset(header.pid) }
            let isReadable = finding != .duplicate && header.transportScramblingControl == 0
            let change = tables.receive(
                packet, header: header, position: position, isReadable: isReadable, oddities: &oddities)
            if change != nil { chooseStream() }
            return true
        }
        tables.endRun()
        return true
    }

    private mutating func note(_ header: PacketHeader) {
        guard header.pid != .null, contents.firstCounters[header.pid] == nil,
            contents.firstCounters.count < SegmentContents.maximumCounterCount
        else { return }
        contents.firstCounters[header.pid] = header.continuityCounter
    }

    private mutating func chooseStream() {
        tablePIDs = tables.tablePIDs
        let withVideo = tables.programs.first { $0.map?.video != nil }
        guard let program = withVideo ?? tables.programs.first(where: { $0.map?.streams.isEmpty == false }),
            let map = program.map
        else { return }
        contents.program = map
        contents.tablePackets =
            tables.associationSections.flatMap { AddedPackets.section($0, pid: .pat) }
            + AddedPackets.section(program.section, pid: program.mapPID)
        let stream = map.video ?? map.audio ?? map.streams.first
        guard let stream, stream != contents.mainStream else { return }
        settle()
        contents.mainStream = stream
        units = UnitReader(stream.codec)
        if contents.firstUnit != nil { clock.restart() }
    }

    // MARK: - Units

    private mutating func receiveMain(
        _ packet: RawSpan, _ header: PacketHeader, at position: Int, hasGap: Bool, now: Duration
    ) {
        guard let news = units?.receive(packet, header: header, hasGap: hasGap) else { return }
        if units?.isScrambled == true { contents.isScrambled = true }
        if let verdict = news.earlier { decide(verdict) }
        if news.beginsUnit { begin(at: position) }
        if let pes = news.header { receive(pes, beginsFrame: news.beginsFrame, now: now) }
        if let verdict = news.verdict { decide(verdict) }
    }

    private mutating func begin(at position: Int) {
        settle()
        let program = tables.programs.first { $0.number == contents.program?.programNumber }
        let hasTables = tables.run.associationIsComplete && program?.lastRun == tables.run.number
        let start = hasTables ? tables.run.start : nil
        pending = SegmentContents.Unit(
            offset: start ?? position, hasTables: start != nil, elapsed: clock.elapsed)
        contents.unitCount += 1
        measure()
    }

    private mutating func receive(_ pes: PESHeader, beginsFrame: Bool, now: Duration) {
        // A PES packet that goes on with a unit tells nothing new of its time.
        guard pending != nil, pending?.pts == nil else { return }
        let jumps = clock.jumpCount
        clock.advance(to: pes.decodingTimestamp, now: now)
        contents.jumpCount += clock.jumpCount - jumps
        pending?.pts = pes.pts
        pending?.dts = pes.dts
        pending?.elapsed = clock.elapsed
        if let timestamp = pes.decodingTimestamp {
            lastStamped = (contents.unitCount - 1, clock.elapsed, timestamp)
            measure()
        }
        guard units?.scanner == nil else { return }
        if beginsFrame, units?.codec.kind == .audio { pending?.randomAccessPoint = .audioFrame }
        settle()
    }

    private mutating func decide(_ verdict: AccessUnitScanner.Verdict) {
        switch verdict {
        case .randomAccessPoint(let kind):
            contents.pictureSize = units?.scanner?.pictureSize ?? contents.pictureSize
            hasAnnouncedPoints = true
            pending?.randomAccessPoint = kind
        // A segment was begun here because nothing better came: see ``GOPSegmenter/announcementTime``.
        case .unannouncedIntra where !hasAnnouncedPoints && contents.firstUnit == nil:
            pending?.randomAccessPoint = .intraPicture
        case .unannouncedIntra, .ordinary, .undecided: break
        }
        settle()
    }

    /// No more is going to be known of the unit.
    private mutating func settle() {
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
    private mutating func measure() {
        let last = lastStamped
        if let last, last.index > 0, last.elapsed > 0 {
            contents.unitDuration = last.elapsed / Int64(last.index)
        } else {
            contents.unitDuration = earlierUnitDuration
        }
        let count = Int64(contents.unitCount)
        let rest: Int64?
        if let last, last.index > 0, last.elapsed > 0 {
            rest = last.elapsed * (count - Int64(last.index)) / Int64(last.index)
        } else {
            rest = earlierUnitDuration.map { $0 * (count - Int64(last?.index ?? 0)) }
        }
        contents.duration = rest.map { (last?.elapsed ?? 0) + $0 }
        contents.nextTimestamp = last.flatMap { last in rest.map { last.timestamp.advanced(by: $0) } }
    }
}
