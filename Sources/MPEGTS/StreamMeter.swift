/// Measures one stream of a program for an analysis: units, time stamps, random access points.
struct StreamMeter {
    let stream: ElementaryStream
    private(set) var packetCount = 0
    private(set) var unitCount = 0
    private(set) var indicatorCount = 0
    private(set) var isScrambled = false
    private(set) var unannouncedCount = 0
    private(set) var randomAccessPoints: [RandomAccessPoint: Int] = [:]
    private(set) var gopDurations = SpreadMeter()
    private(set) var gopLengths = SpreadMeter()
    /// Intervals between time stamps of more than 700 ms.
    private(set) var timestampErrorCount = 0
    private(set) var clock = MediaClock()
    private(set) var scanner: AccessUnitScanner?

    private enum Stage { case idle, header, accessUnit }
    private var stage = Stage.idle
    private var header: [UInt8] = []
    private var lastTimestampElapsed: Int64?
    private var gopStart: (elapsed: Int64, unit: Int)?

    init(_ stream: ElementaryStream) {
        self.stream = stream
        scanner = AccessUnitScanner.Syntax(stream.codec).map { AccessUnitScanner(syntax: $0) }
    }

    /// The picture size that the stream tells.
    var size: (width: Int, height: Int)? {
        guard let scanner else { return nil }
        switch scanner.syntax {
        case .h264: return scanner.sequence.map { ($0.width, $0.height) }
        case .hevc: return HEVCPictureSize(parameterSets: scanner.parameterSets.bytes).map { ($0.width, $0.height) }
        case .mpegVideo: return scanner.size
        case .vvc, .mpeg4Visual: return nil
        }
    }

    mutating func receive(_ packet: RawSpan, header packetHeader: PacketHeader, hasGap: Bool) {
        packetCount += 1
        if hasGap { scanner?.skip() }
        guard packetHeader.hasPayload else { return }
        if packetHeader.transportScramblingControl != 0 {
            isScrambled = true
            stage = .idle
            return
        }
        if packetHeader.payloadUnitStartIndicator { beginUnit(packet) }
        guard stage != .idle else { return }
        var payload = packet.extracting(packetHeader.payloadOffset..<TransportPacket.size)
        if stage == .header {
            let earlier = header.count
            header.append(contentsOf: payload)
            switch PESHeader.read(header.span.bytes) {
            case .incomplete: return
            case .invalid:
                stage = .idle
                return
            case .header(let pes):
                receive(pes)
                payload = payload.extracting(max(pes.size - earlier, 0)..<payload.byteCount)
            }
        }
        guard stage == .accessUnit, let verdict = scanner?.scan(payload) else { return }
        decide(verdict)
    }

    private mutating func beginUnit(_ packet: RawSpan) {
        if stage == .accessUnit, let verdict = scanner?.endPacket() { decide(verdict) }
        let continues = stage == .accessUnit && scanner?.hasBegunAccessUnit == true
        scanner?.beginPacket(continuing: continues)
        if !continues { unitCount += 1 }
        if AdaptationField(packet).randomAccessIndicator { indicatorCount += 1 }
        stage = .header
        header.removeAll(keepingCapacity: true)
    }

    private mutating func receive(_ pes: PESHeader) {
        stage = scanner == nil ? .idle : .accessUnit
        if pes.scramblingControl != 0 {
            isScrambled = true
            stage = .idle
        }
        guard let timestamp = pes.decodingTimestamp else { return }
        clock.advance(to: timestamp, now: .zero)
        if let last = lastTimestampElapsed, clock.elapsed - last > 63_000 { timestampErrorCount += 1 }
        lastTimestampElapsed = clock.elapsed
    }

    private mutating func decide(_ verdict: AccessUnitScanner.Verdict) {
        if verdict != .undecided { stage = .idle }
        if verdict == .unannouncedIntra { unannouncedCount += 1 }
        guard case .randomAccessPoint(let kind) = verdict else { return }
        randomAccessPoints[kind, default: 0] += 1
        if let gopStart {
            gopDurations.add(Double(clock.elapsed - gopStart.elapsed) / Double(Timestamp.frequency))
            gopLengths.add(Double(unitCount - gopStart.unit))
        }
        gopStart = (clock.elapsed, unitCount)
    }

    /// What was measured, as a part of the stream that lasts `seconds`.
    func analysis(seconds: Double?) -> StreamAnalysis.Stream {
        let size = size
        let bits = Double(packetCount * TransportPacket.size * 8)
        return StreamAnalysis.Stream(
            pid: stream.pid, streamType: stream.streamType, codec: stream.codec.description, language: stream.language,
            packetCount: packetCount, bitrate: seconds.map { bits / $0 }, unitCount: unitCount, width: size?.width,
            height: size?.height,
            randomAccessPoints: Dictionary(uniqueKeysWithValues: randomAccessPoints.map { ($0.description, $1) }),
            unannouncedIntraCount: unannouncedCount, randomAccessIndicatorCount: indicatorCount,
            gopDurations: gopDurations.spread,
            gopLengths: gopLengths.spread, isScrambled: isScrambled)
    }
}
