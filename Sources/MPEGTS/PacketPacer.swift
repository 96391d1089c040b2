/// Tells when packets are due, so that a stored stream can be sent at the speed at which it was made: by the program
/// clock references in it (ISO 13818-1, section 2.4.2.2).
///
/// Time goes on with the clock of the PID whose references come first; when that falls silent, with another. A clock
/// that jumps, which it may, costs no time.
public struct PacketPacer {
    /// Packets that stand one after the other and are due at the same time.
    public struct Run: Sendable, Hashable {
        /// The bytes in what was given to ``runs(of:)``.
        public let range: Range<Int>
        /// Since the first clock reference of the stream.
        public let due: Duration
    }

    /// A longer step is a jump: 10 s, in ticks of 27 MHz.
    private static let maximumStep: Int64 = 10 * 27_000_000
    private static let modulus = Timestamp.modulus * 300
    /// References of another PID without one of the PID that time went on with.
    private static let patience = 50

    private var clockPID: PID?
    private var last: Int64 = 0
    /// Ticks of 27 MHz since the first clock reference.
    private var elapsed: Int64 = 0
    private var strangerCount = 0

    public init() {}

    /// Whether there has been a clock reference: until then, all is due at once.
    public var hasClock: Bool { clockPID != nil }

    /// - Parameter packets: whole packets of 188 bytes, which follow on those of the call before.
    /// - Returns: all of them in order. Those between two clock references are due with the first of the two.
    public mutating func runs(of packets: RawSpan) -> [Run] {
        var runs: [Run] = []
        var start = 0
        for offset in stride(from: 0, to: packets.byteCount, by: TransportPacket.size) {
            guard packets.byte(at: offset + 3) & 0x20 != 0, let pcr = AdaptationField(packets, at: offset).pcr else {
                continue
            }
            let before = elapsed
            advance(to: pcr, of: PacketHeader(packets, at: offset).pid)
            guard elapsed != before, offset > start else { continue }
            runs.append(Run(range: start..<offset, due: Duration(ticks: before / 300)))
            start = offset
        }
        if start < packets.byteCount {
            runs.append(Run(range: start..<packets.byteCount, due: Duration(ticks: elapsed / 300)))
        }
        return runs
    }

    private mutating func advance(to pcr: Int64, of pid: PID) {
        guard pid == clockPID else {
            strangerCount += 1
            guard clockPID == nil || strangerCount >= Self.patience else { return }
            (clockPID, last, strangerCount) = (pid, pcr, 0)
            return
        }
        strangerCount = 0
        let step = (pcr - last + Self.modulus) % Self.modulus
        if step <= Self.maximumStep { elapsed += step }
        last = pcr
    }
}
