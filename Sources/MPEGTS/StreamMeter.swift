/// Measures one stream of a program for an analysis: units, time stamps, random access points.
struct StreamMeter {
    let stream: ElementaryStream
    private(set) var packetCount = 0
    private(set) var unitCount = 0
    private(set) var indicatorCount = 0
    private(set) var unannouncedCount = 0
    private(set) var randomAccessPoints: [RandomAccessPoint: Int] = [:]
    private(set) var gopDurations = SpreadMeter()
    private(set) var gopLengths = SpreadMeter()
    /// Intervals between time stamps of more than 700 ms.
    private(set) var timestampErrorCount = 0
    private(set) var clock = MediaClock()

    private var units: UnitReader
    private var lastTimestampElapsed: MediaTicks?
    private var gopStart: (elapsed: MediaTicks, unit: Int)?

    init(_ stream: ElementaryStream) {
        self.stream = stream
        units = UnitReader(stream.codec)
    }

    mutating func receive(_ packet: RawSpan, header: PacketHeader, hasGap: Bool) {
        packetCount += 1
        let news = units.receive(packet, header: header, hasGap: hasGap)
        if let verdict = news.earlier { decide(verdict) }
        if news.beginsUnit { unitCount += 1 }
        if news.hasIndicator { indicatorCount += 1 }
        if let timestamp = news.header?.decodingTimestamp { receive(timestamp) }
        if let verdict = news.verdict { decide(verdict) }
    }

    private mutating func receive(_ timestamp: Timestamp) {
        clock.advance(to: timestamp, now: .zero)
        if let last = lastTimestampElapsed, clock.elapsed - last > 63_000 { timestampErrorCount += 1 }
        lastTimestampElapsed = clock.elapsed
    }

    private mutating func decide(_ verdict: AccessUnitScanner.Verdict) {
        if verdict == .unannouncedIntra { unannouncedCount += 1 }
        guard case .randomAccessPoint(let kind) = verdict else { return }
        randomAccessPoints[kind, default: 0] += 1
        if let gopStart {
            gopDurations.add((clock.elapsed - gopStart.elapsed).seconds)
            gopLengths.add(Double(unitCount - gopStart.unit))
        }
        gopStart = (clock.elapsed, unitCount)
    }

    /// What was measured, as a part of the stream that lasts `seconds`.
    func analysis(seconds: Double?) -> StreamAnalysis.Stream {
        let size = units.scanner?.pictureSize
        let bits = Double(packetCount * TransportPacket.size * 8)
        return StreamAnalysis.Stream(
            pid: stream.pid, streamType: stream.streamType, codec: stream.codec.description, language: stream.language,
            packetCount: packetCount, bitrate: seconds.map { bits / $0 }, unitCount: unitCount, width: size?.width,
            height: size?.height,
            randomAccessPoints: Dictionary(uniqueKeysWithValues: randomAccessPoints.map { ($0.description, $1) }),
            unannouncedIntraCount: unannouncedCount, randomAccessIndicatorCount: indicatorCount,
            gopDurations: gopDurations.spread,
            gopLengths: gopLengths.spread, isScrambled: units.isScrambled)
    }
}
