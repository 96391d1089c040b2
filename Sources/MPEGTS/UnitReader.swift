/// Follows the PES packets of one stream: when each begins, its time stamps, and whether decoding can begin with it.
///
/// A unit is what begins with a PES header: a picture, mostly, or some audio frames. Some encoders put parameter sets and
/// slices in PES packets of their own; these are one unit.
struct UnitReader {
    /// What a packet told; all of it unset where it is only the next piece of a unit.
    struct News {
        /// What the unit before has turned out to be, now that it is over.
        var earlier: AccessUnitScanner.Verdict?
        /// A unit begins with this packet.
        var beginsUnit = false
        /// The packet has the random access indicator, and a PES packet begins in it.
        var hasIndicator = false
        /// The PES header became whole.
        var header: PESHeader?
        /// Whether the elementary stream goes on behind ``header`` with a frame, as far as its sync word tells.
        var beginsFrame = false
        /// What the unit is.
        var verdict: AccessUnitScanner.Verdict?
    }

    let codec: Codec
    private(set) var scanner: AccessUnitScanner?
    private(set) var isScrambled = false

    private enum Stage { case idle, header, accessUnit }
    private var stage = Stage.idle
    private var header: [UInt8] = []

    /// What it takes of memory besides its own fields, in bytes.
    var storageByteCount: Int {
        let scannerByteCount = scanner.map { $0.kept.storageByteCount + $0.parameterSets.storageByteCount }
        return header.storageByteCount + (scannerByteCount ?? 0)
    }

    init(_ codec: Codec) {
        self.codec = codec
        scanner = AccessUnitScanner.Syntax(codec).map { AccessUnitScanner(syntax: $0) }
    }

    /// A packet of the stream.
    mutating func receive(_ packet: RawSpan, header packetHeader: PacketHeader, hasGap: Bool) -> News {
        var news = News()
        if hasGap { scanner?.skip() }
        guard packetHeader.hasPayload else { return news }
        if packetHeader.transportScramblingControl != 0 {
            isScrambled = true
            stage = .idle
            return news
        }
        if packetHeader.payloadUnitStartIndicator { beginUnit(packet, &news) }
        guard stage != .idle else { return news }
        var payload = packet.extracting(packetHeader.payloadOffset..<TransportPacket.size)
        if stage == .header {
            let earlier = header.count
            header.append(contentsOf: payload)
            switch PESHeader.read(header.span.bytes) {
            case .incomplete: return news
            case .invalid:
                stage = .idle
                return news
            case .header(let pes):
                payload = payload.extracting(max(pes.size - earlier, 0)..<payload.byteCount)
                receive(pes, payload: payload, &news)
            }
        }
        guard stage == .accessUnit, let verdict = scanner?.scan(payload), verdict != .undecided else { return news }
        stage = .idle
        news.verdict = verdict
        return news
    }

    /// The stream, or what is looked at of it, is over.
    ///
    /// - Returns: what the last unit is; nil if that is known or cannot be known.
    mutating func finish() -> AccessUnitScanner.Verdict? {
        guard stage == .accessUnit, let verdict = scanner?.endPacket(), verdict != .undecided else { return nil }
        stage = .idle
        return verdict
    }

    /// What comes next does not go on with the last unit.
    mutating func skipUnit() {
        scanner?.beginPacket(continuing: false)
        stage = .idle
    }

    private mutating func beginUnit(_ packet: RawSpan, _ news: inout News) {
        news.earlier = finish()
        let continues = stage == .accessUnit && scanner?.hasBegunAccessUnit == true
        scanner?.beginPacket(continuing: continues)
        news.beginsUnit = !continues
        news.hasIndicator = AdaptationField(packet).randomAccessIndicator
        stage = .header
        header.removeAll(keepingCapacity: true)
    }

    private mutating func receive(_ pes: PESHeader, payload: RawSpan, _ news: inout News) {
        news.header = pes
        news.beginsFrame = codec.beginsFrame(payload)
        stage = scanner == nil ? .idle : .accessUnit
        if pes.scramblingControl != 0 {
            isScrambled = true
            stage = .idle
        }
    }
}
