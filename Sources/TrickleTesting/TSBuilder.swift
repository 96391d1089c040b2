import MPEGTS

/// Writes MPEG transport streams packet by packet, whole or damaged, for tests.
///
/// Continuity counters count on by themselves; all else is said. What is written stands in ``bytes``.
public struct TSBuilder: Sendable {
    /// The stream so far.
    public var bytes: [UInt8] = []
    private var counters: [PID: UInt8] = [:]

    public init() {}

    /// The stream's packets, one by one.
    public var packets: [[UInt8]] {
        stride(from: 0, to: bytes.count, by: TransportPacket.size).map {
            Array(bytes[$0..<min($0 + TransportPacket.size, bytes.count)])
        }
    }

    /// The continuity counter that the next packet of `pid` has.
    public func nextCounter(of pid: PID) -> UInt8 { counters[pid] ?? 0 }

    /// Leaves out `count` packets of `pid`, as if they were lost.
    public mutating func lose(_ count: UInt8 = 1, of pid: PID) {
        counters[pid] = (nextCounter(of: pid) &+ count) & 0x0F
    }

    /// Writes any bytes.
    public mutating func raw(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Writes the last packet once more.
    public mutating func duplicateLast() {
        bytes.append(contentsOf: bytes.suffix(TransportPacket.size))
    }

    /// Writes a null packet.
    public mutating func null() {
        bytes.append(contentsOf: [0x47, 0x1F, 0xFF, 0x10])
        bytes.append(contentsOf: repeatElement(0xFF, count: 184))
    }

    /// What the first bytes of a packet say besides its PID.
    public struct Marks: Sendable {
        public var transportError = false
        /// 0 is clear.
        public var scrambling: UInt8 = 0
        public var discontinuity = false
        public var randomAccess = false
        /// Ticks of 27 MHz.
        public var pcr: Int64?

        public init(
            transportError: Bool = false, scrambling: UInt8 = 0, discontinuity: Bool = false,
            randomAccess: Bool = false, pcr: Int64? = nil
        ) {
            self.transportError = transportError
            self.scrambling = scrambling
            self.discontinuity = discontinuity
            self.randomAccess = randomAccess
            self.pcr = pcr
        }
    }

    /// Writes a payload as packets, the last one filled up by its adaptation field.
    ///
    /// `marks` count for the first packet, but for the transport error and the scrambling, which all have. The first
    /// packet has room for `firstSize` bytes of payload only, where that is given.
    public mutating func payload(
        _ payload: [UInt8], pid: PID, marks: Marks = .init(), startsUnit: Bool = true, firstSize: Int = 184
    ) {
        var offset = 0
        repeat {
            let isFirst = offset == 0
            var field: [UInt8] = []
            if isFirst { field = adaptationField(marks) }
            let limit = min(184 - field.count, isFirst ? firstSize : 184)
            let count = min(limit, payload.count - offset)
            stuff(&field, to: 184 - count)
            header(
                pid, marks: marks, startsUnit: startsUnit && isFirst, hasField: !field.isEmpty, hasPayload: count > 0)
            bytes.append(contentsOf: field)
            bytes.append(contentsOf: payload[offset..<offset + count])
            offset += count
        } while offset < payload.count
    }

    private func adaptationField(_ marks: Marks) -> [UInt8] {
        guard marks.discontinuity || marks.randomAccess || marks.pcr != nil else { return [] }
        var field: [UInt8] = [
            1, (marks.discontinuity ? 0x80 : 0) | (marks.randomAccess ? 0x40 : 0) | (marks.pcr == nil ? 0 : 0x10),
        ]
        if let pcr = marks.pcr {
            let base = (pcr / 300) & 0x1_FFFF_FFFF
            let rest = pcr % 300
            field += [25, 17, 9, 1].map { UInt8(truncatingIfNeeded: base >> $0) }
            field += [UInt8(truncatingIfNeeded: base << 7 | 0x7E | rest >> 8), UInt8(truncatingIfNeeded: rest)]
            field[0] = 7
        }
        return field
    }

    private func stuff(_ field: inout [UInt8], to size: Int) {
        guard field.count < size else { return }
        if field.isEmpty { field = size == 1 ? [0] : [1, 0] }
        while field.count < size { field.append(0xFF) }
        field[0] = UInt8(size - 1)
    }

    private mutating func header(_ pid: PID, marks: Marks, startsUnit: Bool, hasField: Bool, hasPayload: Bool) {
        let counter = nextCounter(of: pid)
        let flags: UInt8 = (marks.transportError ? 0x80 : 0) | (startsUnit ? 0x40 : 0)
        bytes.append(TransportPacket.syncByte)
        bytes.append(flags | UInt8(pid.rawValue >> 8))
        bytes.append(UInt8(truncatingIfNeeded: pid.rawValue))
        let control: UInt8 = (hasField ? 0x20 : 0) | (hasPayload ? 0x10 : 0)
        bytes.append(marks.scrambling << 6 | control | (hasPayload ? counter : (counter &- 1) & 0x0F))
        if hasPayload { counters[pid] = (counter + 1) & 0x0F }
    }
}
