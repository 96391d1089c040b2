/// Tells when packets are due, so that a stored stream can be sent at the speed at which it was made: by the program
/// clock references in it (ISO 13818-1, section 2.4.2.2), or by its time stamps where it has none.
///
/// Time goes on with the clock of the PID whose references come first; when that falls silent, with another. A clock
/// that jumps, which it may, costs no time.
public struct PacketPacer: Sendable {
    /// Packets that stand one after the other and are due at the same time.
    public struct Run: Sendable, Hashable {
        /// The bytes in what was given to ``runs(of:)``.
        public let range: Range<Int>
        /// Since the first clock reference of the stream.
        public let due: Duration
    }

    /// Who tells the time.
    private enum Clock: Equatable {
        case references(of: PID)
        case timestamps(of: PID)
    }

    /// A clock that may take the place of one that has fallen silent.
    private struct Successor {
        let pid: PID
        let first: Int64
    }

    /// A longer step is a jump: 10 s, in ticks of 27 MHz.
    private static let maximumStep: Int64 = 10 * 27_000_000
    private static let modulus = Timestamp.modulus * 300
    /// How long another clock runs without a reference of the one that time went on with before it takes its place: 200 ms. References come
    /// every 100 ms at least.
    private static let patience: Int64 = 27_000_000 / 5

    private var clock: Clock?
    private var last: Int64 = 0
    /// Ticks of 27 MHz since the first clock reference.
    private var elapsed: Int64 = 0
    private var successor: Successor?

    public init() {}

    /// Whether there has been a clock reference or a time stamp: until then, all is due at once.
    public var hasClock: Bool { clock != nil }

    /// - Parameter packets: whole packets of 188 bytes, which follow on those of the call before.
    /// - Returns: all of them in order. Those between two clock references are due with the first of the two.
    public mutating func runs(of packets: RawSpan) -> [Run] {
        var runs: [Run] = []
        var start = 0
        for offset in stride(from: 0, to: packets.byteCount, by: TransportPacket.size) {
            let before = elapsed
            look(at: packets.extracting(offset..<offset + TransportPacket.size))
            guard elapsed != before, offset > start else { continue }
            runs.append(Run(range: start..<offset, due: Duration(MediaTicks(before / 300))))
            start = offset
        }
        if start < packets.byteCount {
            runs.append(Run(range: start..<packets.byteCount, due: Duration(MediaTicks(elapsed / 300))))
        }
        return runs
    }

    private mutating func look(at packet: RawSpan) {
        if packet.byte(at: 3) & 0x20 != 0, let pcr = AdaptationField(packet).pcr {
            return advance(to: pcr, of: PacketHeader(packet).pid)
        }
        if case .references = clock { return }
        let header = PacketHeader(packet)
        guard header.payloadUnitStartIndicator, header.hasPayload, header.transportScramblingControl == 0,
            case .header(let pes) = PESHeader.read(packet.extracting(header.payloadOffset..<packet.byteCount)),
            let timestamp = pes.decodingTimestamp
        else { return }
        advance(to: timestamp, of: header.pid)
    }

    private mutating func advance(to pcr: Int64, of pid: PID) {
        guard clock == .references(of: pid) else { return wait(for: pcr, of: pid) }
        successor = nil
        addStep(from: last, to: pcr)
        last = pcr
    }

    /// A clock reference of a PID that time does not go on with.
    private mutating func wait(for pcr: Int64, of pid: PID) {
        guard case .references = clock else {
            (clock, last) = (.references(of: pid), pcr)
            return
        }
        guard let successor else {
            self.successor = Successor(pid: pid, first: pcr)
            return
        }
        guard successor.pid == pid, Self.distance(successor.first, pcr) >= Self.patience else { return }
        addStep(from: successor.first, to: pcr)
        (clock, last, self.successor) = (.references(of: pid), pcr, nil)
    }

    /// Time stamps of a stream without references: those that go back, as they do where pictures are reordered, are no step.
    private mutating func advance(to timestamp: Timestamp, of pid: PID) {
        let ticks = timestamp.ticks * 300
        if clock == nil { (clock, last) = (.timestamps(of: pid), ticks) }
        guard clock == .timestamps(of: pid) else { return }
        let step = Timestamp(ticks: last / 300).distance(to: timestamp)
        guard step > 0 || step < -MediaClock.maximumReordering else { return }
        if step > 0 { addStep(from: last, to: ticks) }
        last = ticks
    }

    private mutating func addStep(from start: Int64, to end: Int64) {
        let step = Self.distance(start, end)
        if step <= Self.maximumStep { elapsed += step }
    }

    private static func distance(_ start: Int64, _ end: Int64) -> Int64 { (end - start + modulus) % modulus }
}
