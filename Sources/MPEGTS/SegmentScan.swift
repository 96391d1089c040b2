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
    /// How much of a program's sound comes without its video before the sound stands for the program.
    static let patience = MediaTicks.seconds(1)

    public private(set) var contents = SegmentContents()
    /// The beginning of a packet.
    private var carry: [UInt8] = []
    private var offset = 0
    private var tables = ProgramTables()
    private var tablePIDs: [PID] = [.pat]
    private var oddities = OddityCounter()
    private var continuity = ContinuityChecker()
    /// The last clock reference of the program.
    private var lastPCR: Timestamp?
    /// The stream that units are told of.
    private var main: UnitTrack?
    /// The program's sound, as long as it may turn out that its video does not come.
    private var standIn: UnitTrack?
    private var standInContents = SegmentContents()
    /// A video that the map lists and that has not come, though its sound has.
    private var absent: ElementaryStream?
    /// Whether the main stream has come in this segment: then the program stays the same to its end.
    private var hasCome = false
    /// The program of the segment before.
    private let earlierProgram: UInt16?

    /// - Parameter previous: the segment before, if there is one: its tables and parameter sets hold until others come.
    public init(after previous: SegmentScan? = nil) {
        earlierProgram = previous?.contents.program?.programNumber
        carry.reserveCapacity(TransportPacket.size)
        guard let previous else { return }
        tables = previous.tables
        tables.rewind()
        absent = previous.absent
        chooseProgram()
        if let track = previous.main, track.stream == main?.stream {
            main = UnitTrack(after: track, unitDuration: previous.contents.unitDuration)
        }
    }

    /// The units that have turned out what they are since the last call, in their order.
    public mutating func takeUnits() -> [SegmentContents.Unit] { main?.takeUnits() ?? [] }

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

    /// The segment has ended: what is of no use to the next one is let go.
    public mutating func finish() {
        if contents.unitCount == 0, standInContents.unitCount > 0 { useStandIn() }
        main?.finish(&contents)
        carry = []
        standIn = nil
        standInContents = SegmentContents()
        tables.forgetOthers(than: contents.program?.programNumber)
    }

    /// What it takes of memory besides ``contents`` and its own fields, in bytes. Looks at each program of the tables.
    public var storageByteCount: Int {
        let fixed = TransportPacket.size + continuity.storageByteCount + oddities.counts.storageByteCount
        let tracks = (main?.storageByteCount ?? 0) + (standIn?.storageByteCount ?? 0)
        return fixed + tablePIDs.storageByteCount + tables.storageByteCount + tracks + standInContents.storageByteCount
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
        if header.hasPayload { note(header, packet) }
        if header.pid == contents.program?.pcrPID, let pcr = AdaptationField(packet).pcrBase { lastPCR = pcr }
        if tablePIDs.contains(header.pid) {
            if finding == .gap { tables.reset(header.pid) }
            let isReadable = finding != .duplicate && header.transportScramblingControl == 0
            let change = tables.receive(
                packet, header: header, position: position, isReadable: isReadable, oddities: &oddities)
            if change != nil { chooseProgram() }
            return true
        }
        if finding != .duplicate {
            receiveMedia(packet, header, at: position, hasGap: finding == .gap, now: now)
        }
        tables.endRun()
        return true
    }

    private mutating func note(_ header: PacketHeader, _ packet: RawSpan) {
        if header.payloadUnitStartIndicator, contents.soundFormat == nil, let sound = contents.program?.audio,
            sound.pid == header.pid
        {
            contents.soundFormat = SoundFormat(sound.codec, packet: packet, header: header)
        }
        guard header.pid != .null, contents.firstCounters[header.pid] == nil,
            contents.firstCounters.count < SegmentContents.maximumCounterCount
        else { return }
        contents.firstCounters[header.pid] = header.continuityCounter
    }

    // MARK: - What counts

    /// The program that is looked at: the segment's, as soon as its main stream has come; before that the one of the segment before, the
    /// first with video, the first with any stream.
    private mutating func chooseProgram() {
        tablePIDs = tables.tablePIDs
        let programs = tables.programs.filter { $0.map?.streams.isEmpty == false }
        let number = hasCome ? contents.program?.programNumber : earlierProgram
        let program =
            programs.first { $0.number == number } ?? programs.first { $0.map?.video != nil } ?? programs.first
        if let program { use(program) }
    }

    private mutating func use(_ program: ProgramTables.Program) {
        guard let map = program.map else { return }
        contents.program = map
        contents.tablePackets =
            tables.associationSections.flatMap { AddedPackets.section($0, pid: .pat) }
            + AddedPackets.section(program.section, pid: program.mapPID)
        if map.video != absent { absent = nil }
        let sound = map.audio ?? map.streams.first { $0.codec.kind != .video }
        guard let stream = (absent == nil ? map.video : nil) ?? sound else { return }
        follow(stream)
        let needsStandIn = !hasCome && stream.codec.kind == .video
        if standIn?.stream != sound || !needsStandIn {
            standIn = needsStandIn ? sound.map { UnitTrack($0) } : nil
            standInContents = SegmentContents()
        }
    }

    private mutating func follow(_ stream: ElementaryStream) {
        guard stream != main?.stream else { return }
        main?.finish(&contents)
        main = UnitTrack(stream)
        contents.mainStream = stream
    }

    /// The program's video has not come.
    private mutating func useStandIn() {
        guard let standIn else { return }
        absent = main?.stream
        main = standIn
        contents.use(units: standInContents)
        contents.mainStream = standIn.stream
        self.standIn = nil
        hasCome = true
    }

    /// A packet that is no table.
    private mutating func receiveMedia(
        _ packet: RawSpan, _ header: PacketHeader, at position: Int, hasGap: Bool, now: Duration
    ) {
        guard header.hasPayload else { return }
        if header.payloadUnitStartIndicator { lookForVideo(header.pid) }
        let place = UnitTrack.Place(
            position: position, tables: tablesStart(), hasGap: hasGap, clock: lastPCR, now: now)
        if header.pid == main?.stream.pid {
            hasCome = true
            standIn = nil
            main?.receive(packet, header, at: place, into: &contents)
        } else if header.pid == standIn?.stream.pid {
            standIn?.receive(packet, header, at: place, into: &standInContents)
            if standIn?.elapsed ?? 0 >= Self.patience { useStandIn() }
        }
    }

    /// A unit begins: it may be of a video that was not reckoned with.
    private mutating func lookForVideo(_ pid: PID) {
        if pid == absent?.pid {
            let video = absent
            absent = nil
            // What has begun with sound goes on with it to the end of the segment.
            if !hasCome, let video { follow(video) }
        }
        // A segment that begins with the map of a program and its picture is cut for that program.
        guard !hasCome, pid != main?.stream.pid, tables.run.isOpen,
            let program = tables.programs.first(where: { $0.map?.video?.pid == pid && $0.lastRun == tables.run.number })
        else { return }
        use(program)
    }

    /// Where the run of tables begins that stands directly before, if it holds all that a viewer of the program needs.
    private func tablesStart() -> Int? {
        guard tables.run.isOpen, tables.run.associationIsComplete else { return nil }
        let program = tables.programs.first { $0.number == contents.program?.programNumber }
        return program?.lastRun == tables.run.number ? tables.run.start : nil
    }
}
