/// Takes a transport stream apart for a report: programs, streams, random access points, errors, and where
/// ``GOPSegmenter`` would cut.
///
/// Fed with any runs of bytes. Memory is bounded by what a stream can list: 512 streams are measured.
public struct StreamAnalyzer {
    /// Segments that the analysis lists; all are counted.
    public static let maximumSegmentCount = 1000
    /// Streams that are measured.
    static let maximumStreamCount = 512
    /// Tables and clocks are to come as often as ETSI TR 101 290, section 5.2, has it; in 27 MHz ticks.
    private static let tableInterval: Int64 = 13_500_000
    private static let clockInterval: Int64 = 2_700_000

    private var segmenter: GOPSegmenter
    private var segmentCount = 0
    private var segments: [StreamAnalysis.Segment] = []
    private var openSegment: SegmentStart?

    /// What comes before the segmenter knows which stream to cut at, at most what that keeps of it.
    private var early: [UInt8]? = []
    private var reader = PacketReader()
    private var tables = ProgramTables()
    private var continuity = ContinuityChecker()
    private var oddities = OddityCounter()
    private var meters: [StreamMeter] = []
    /// The meter of each PID, or -1.
    private var meterIndex = [Int16](repeating: -1, count: PID.count)
    private var packetCounts = [Int](repeating: 0, count: PID.count)
    private var isTable = [Bool](repeating: false, count: PID.count)
    private var packetCount = 0
    private var errors: [String: Int] = [:]

    private var clockPID: PID?
    private var lastPCR: Int64?
    /// Ticks of 27 MHz since the first PCR, and the packets that stand between PCRs.
    private var elapsed: Int64 = 0
    private var pcrCount = 0
    private var pcrIntervals = SpreadMeter()
    private var pcrJumpCount = 0
    private var timedPacketCount = 0
    private var packetCountAtPCR = 0
    private var lastAssociation: Int64?
    private var lastMaps: [PID: Int64] = [:]

    /// - Parameter configuration: how the stream would be cut.
    public init(_ configuration: GOPSegmenter.Configuration = .init()) {
        segmenter = GOPSegmenter(configuration)
        isTable[0] = true
    }

    /// Reads any run of bytes.
    ///
    /// - Parameters:
    ///   - bytes: packets, from any place to any place.
    ///   - now: when they arrived, on any clock that does not go back.
    /// - Throws: ``NotTransportStream``.
    public mutating func receive(_ bytes: RawSpan, now: Duration = .zero) throws {
        var news = SegmentNews()
        try segmenter.receive(bytes, now: now) { news.record($0) }
        take(news)
        if early == nil {
            read(bytes)
        } else {
            early?.append(contentsOf: bytes)
            if segmenter.preroll == nil { readEarly() }
        }
    }

    /// The stream has ended.
    ///
    /// - Returns: what was found.
    /// - Throws: ``NotTransportStream`` if there was not a single packet.
    public mutating func finish() throws -> StreamAnalysis {
        var news = SegmentNews()
        try segmenter.finish { news.record($0) }
        take(news)
        readEarly()
        while reader.finish() { processStore() }
        return analysis
    }

    /// Begins with tables that come later, so that what stands before them is measured too.
    private mutating func readEarly() {
        guard let bytes = early else { return }
        early = nil
        tables = segmenter.tables
        tables.rewind()
        takeTables()
        read(bytes.span.bytes)
    }

    // MARK: - Segments

    /// Segments that a run of bytes started and ended.
    private struct SegmentNews {
        var starts: [SegmentStart] = []
        var ends: [SegmentEnd] = []

        mutating func record(_ event: borrowing SegmenterEvent) {
            switch event {
            case .segmentStarted(let start): starts.append(start)
            case .segmentEnded(let end): ends.append(end)
            case .bytes, .notice: break
            }
        }
    }

    private mutating func take(_ news: SegmentNews) {
        var starts = news.starts[...]
        for end in news.ends {
            guard let start = openSegment ?? starts.popFirst() else { continue }
            openSegment = nil
            segmentCount += 1
            guard segments.count < Self.maximumSegmentCount else { continue }
            segments.append(
                StreamAnalysis.Segment(
                    reason: start.reason.description, pts: start.pts?.ticks, duration: end.duration.seconds,
                    byteCount: end.byteCount))
        }
        openSegment = starts.popFirst() ?? openSegment
    }

    // MARK: - Packets

    private mutating func read(_ bytes: RawSpan) {
        var offset = 0
        while true {
            switch reader.next(bytes, at: &offset) {
            case .input(let range): process(bytes.extracting(range))
            case .store: processStore()
            case .needsInput: return
            }
        }
    }

    private mutating func processStore() {
        let store = reader.takeStore()
        process(store.span.bytes)
        reader.returnStore(store)
    }

    private mutating func process(_ run: RawSpan) {
        for offset in stride(from: 0, to: run.byteCount, by: TransportPacket.size) {
            look(at: run.extracting(offset..<offset + TransportPacket.size))
        }
    }

    private mutating func look(at packet: RawSpan) {
        let header = PacketHeader(packet)
        let pid = Int(header.pid.rawValue)
        packetCount += 1
        packetCounts[pid] += 1
        guard !header.transportErrorIndicator else { return count("Transport_error") }
        let field = AdaptationField(packet)
        let finding = continuity.check(
            pid, counter: header.continuityCounter, hasPayload: header.hasPayload, jumps: field.discontinuityIndicator)
        if finding == .gap { count("Continuity_count_error") }
        if header.pid == clockPID, let pcr = field.pcr { receiveClock(pcr, isAnnounced: field.discontinuityIndicator) }
        if isTable[pid] {
            if finding == .gap { tables.reset(header.pid) }
            receiveTable(packet, header: header, isReadable: finding != .duplicate)
        } else if meterIndex[pid] >= 0, finding != .duplicate {
            meters[Int(meterIndex[pid])].receive(packet, header: header, hasGap: finding == .gap)
        }
    }

    private mutating func count(_ error: String, by number: Int = 1) {
        guard number > 0 else { return }
        errors[error, default: 0] += number
    }

    private mutating func receiveTable(_ packet: RawSpan, header: PacketHeader, isReadable: Bool) {
        let name = header.pid == .pat ? "PAT_error" : "PMT_error"
        guard header.transportScramblingControl == 0 else { return count(name) }
        if header.payloadUnitStartIndicator {
            let last = header.pid == .pat ? lastAssociation : lastMaps[header.pid]
            if let last, elapsed - last > Self.tableInterval { count(name) }
            if header.pid == .pat { lastAssociation = elapsed } else { lastMaps[header.pid] = elapsed }
        }
        let damaged = oddities.counts[Oddity.damagedTable.rawValue]
        let change = tables.receive(packet, header: header, position: 0, isReadable: isReadable, oddities: &oddities)
        count("CRC_error", by: oddities.counts[Oddity.damagedTable.rawValue] - damaged)
        if change != nil { takeTables() }
    }

    private mutating func takeTables() {
        for pid in tables.tablePIDs { isTable[Int(pid.rawValue)] = true }
        for program in tables.programs {
            for stream in program.map?.streams ?? [] where meterIndex[Int(stream.pid.rawValue)] < 0 {
                guard meters.count < Self.maximumStreamCount else { break }
                meterIndex[Int(stream.pid.rawValue)] = Int16(meters.count)
                meters.append(StreamMeter(stream))
            }
        }
        let number = segmenter.chosenProgramNumber
        let chosen = tables.programs.first { $0.number == number } ?? tables.programs.first { $0.map != nil }
        if let pid = chosen?.map?.pcrPID, pid != clockPID {
            clockPID = pid
            lastPCR = nil
        }
    }

    private mutating func receiveClock(_ pcr: Int64, isAnnounced: Bool) {
        pcrCount += 1
        defer {
            lastPCR = pcr
            packetCountAtPCR = packetCount
        }
        guard let lastPCR else { return }
        let modulus = Timestamp.modulus * 300
        let step = (pcr - lastPCR + modulus) % modulus
        guard step <= MediaClock.maximumStep.count * 300 else {
            pcrJumpCount += 1
            if !isAnnounced { count("PCR_error") }
            return
        }
        elapsed += step
        timedPacketCount += packetCount - packetCountAtPCR
        pcrIntervals.add(Double(step) / 27_000_000)
        if step > Self.clockInterval { count("PCR_error") }
    }

    // MARK: - Result

    /// What has been found so far.
    public var analysis: StreamAnalysis {
        let clocked = elapsed > 0 ? Double(elapsed) / 27_000_000 : nil
        let stamped = meters.map(\.clock.elapsed).max().flatMap { $0 > 0 ? $0.seconds : nil }
        // Before the first and after the last PCR the same rate is taken for granted.
        let whole = clocked.map { $0 * Double(packetCount) / Double(max(timedPacketCount, 1)) } ?? stamped
        let counts = segmenter.oddityCounts
        var errors = errors
        errors["TS_sync_loss"] = counts[.syncLoss]
        errors["Sync_byte_error"] = counts[.droppedBytes]
        let missing = meters.count { $0.packetCount == 0 }
        if missing > 0 { errors["PID_error"] = missing }
        let late = meters.reduce(0) { $0 + ($1.stream.codec.kind == .other ? 0 : $1.timestampErrorCount) }
        if late > 0 { errors["PTS_error"] = late }
        if !tables.isComplete { errors["PAT_error", default: 0] += 1 }
        return StreamAnalysis(
            packetSize: reader.stride, packetCount: packetCount,
            nullPacketCount: packetCounts[Int(PID.null.rawValue)], transportStreamID: tables.transportStreamID,
            duration: whole, bitrate: whole.map { Double(packetCount * TransportPacket.size * 8) / $0 },
            programs: programs(seconds: whole), unlistedPIDs: unlistedPIDs,
            clock: StreamAnalysis.Clock(
                pcrCount: pcrCount, intervals: pcrIntervals.spread, jumpCount: pcrJumpCount),
            segmentCount: segmentCount, segments: segments, errors: errors,
            oddities: Dictionary(uniqueKeysWithValues: counts.map { ($0.description, $1) }))
    }

    private func programs(seconds: Double?) -> [StreamAnalysis.Program] {
        tables.programs.map { program in
            StreamAnalysis.Program(
                number: program.number, mapPID: program.mapPID, hasMap: program.map != nil, pcrPID: program.map?.pcrPID,
                isChosen: program.number == segmenter.chosenProgramNumber,
                streams: (program.map?.streams ?? []).compactMap { stream in
                    let index = Int(meterIndex[Int(stream.pid.rawValue)])
                    return index < 0 ? nil : meters[index].analysis(seconds: seconds)
                })
        }
    }

    private var unlistedPIDs: [StreamAnalysis.UnlistedPID] {
        let clocks = tables.programs.compactMap { $0.map?.pcrPID }
        return packetCounts.indices.compactMap { index in
            let pid = PID(UInt16(index))
            let isListed = isTable[index] || meterIndex[index] >= 0 || pid == .null || clocks.contains(pid)
            return packetCounts[index] == 0 || isListed
                ? nil : StreamAnalysis.UnlistedPID(pid: pid, packetCount: packetCounts[index])
        }
    }
}
