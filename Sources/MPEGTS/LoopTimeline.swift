/// Puts a stream that is sent again and again behind itself: its clock references, time stamps and continuity counters go on where
/// the round before ended (ISO 13818-1, sections 2.4.3.3, 2.4.3.5 and 2.4.3.7).
///
/// A header of a PES packet that does not fit in the packet in which it begins keeps its time stamps.
public struct LoopTimeline: Sendable {
    /// What a PID's time stamps have come to in this round.
    private struct Track {
        /// From the first time stamp of the round to this PID's last, without jumps.
        var position: MediaTicks
        /// The farthest of all.
        var end: MediaTicks
        var last: Timestamp
        /// What its last unit lasts, as far as can be told: as long as the one before.
        var step: MediaTicks = 0
    }

    /// A longer step is a jump, and costs no time: 10 s.
    private static let maximumStep = MediaTicks.seconds(10)
    private static let unused: UInt8 = 0xFF

    private var first: Timestamp?
    private var tracks: [PID: Track] = [:]
    /// How much later all is than the stream says.
    private var offset: MediaTicks = 0
    /// By PID: the counter that was sent last.
    private var counters = [UInt8](repeating: unused, count: PID.count)
    /// By PID: what is added to its counters in this round.
    private var additions = [UInt8](repeating: unused, count: PID.count)
    private var isFirstRound = true

    public init() {}

    /// The end of the stream: what comes next is its beginning again.
    ///
    /// - Returns: what the round lasted; 0 where it has no time stamps.
    @discardableResult
    public mutating func beginAgain() -> MediaTicks {
        let length = tracks.values.map { $0.end + $0.step }.max() ?? 0
        offset += length
        (first, tracks, isFirstRound) = (nil, [:], false)
        for pid in additions.indices { additions[pid] = Self.unused }
        return length
    }

    /// - Parameter packets: whole packets of 188 bytes, which follow on those of the call before.
    /// - Returns: the same, later.
    public mutating func shift(_ packets: [UInt8]) -> [UInt8] {
        var shifted = packets
        for start in stride(from: 0, to: packets.count, by: TransportPacket.size) {
            let packet = packets.span.bytes.extracting(start..<start + TransportPacket.size)
            let header = PacketHeader(packet)
            guard !header.transportErrorIndicator, header.pid != .null else { continue }
            shiftCounter(of: header, at: start, in: &shifted)
            shiftClock(of: packet, at: start, in: &shifted)
            shiftTimestamps(of: packet, header, at: start, in: &shifted)
        }
        return shifted
    }

    private mutating func shiftCounter(of header: PacketHeader, at start: Int, in shifted: inout [UInt8]) {
        let pid = Int(header.pid.rawValue)
        if additions[pid] == Self.unused {
            let isNew = isFirstRound || counters[pid] == Self.unused
            // A packet without a payload repeats the counter of the one before.
            let wanted = counters[pid] &+ (header.hasPayload ? 1 : 0)
            additions[pid] = isNew ? 0 : (wanted &- header.continuityCounter) & 0x0F
        }
        counters[pid] = (header.continuityCounter &+ additions[pid]) & 0x0F
        shifted[start + 3] = shifted[start + 3] & 0xF0 | counters[pid]
    }

    /// The clock reference, and that of the stream from which this one was made.
    private func shiftClock(of packet: RawSpan, at start: Int, in shifted: inout [UInt8]) {
        guard offset != 0, packet.byte(at: 3) & 0x20 != 0, packet.byte(at: 4) > 0 else { return }
        let flags = packet.byte(at: 5)
        var place = 6
        for flag in [UInt8(0x10), 0x08] where flags & flag != 0 {
            guard place + 6 <= 5 + Int(packet.byte(at: 4)), place + 6 <= packet.byteCount else { return }
            var base: Int64 = 0
            for index in place..<place + 4 { base = base << 8 | Int64(packet.byte(at: index)) }
            base = base << 1 | Int64(packet.byte(at: place + 4) >> 7)
            let later = Timestamp(ticks: base).advanced(by: offset).ticks
            for index in 0..<4 { shifted[start + place + index] = UInt8(later >> (25 - 8 * Int64(index)) & 0xFF) }
            shifted[start + place + 4] = UInt8(later & 1) << 7 | packet.byte(at: place + 4) & 0x7F
            place += 6
        }
    }

    private mutating func shiftTimestamps(
        of packet: RawSpan, _ header: PacketHeader, at start: Int, in shifted: inout [UInt8]
    ) {
        guard header.payloadUnitStartIndicator, header.hasPayload, header.transportScramblingControl == 0,
            case .header(let pes) = PESHeader.read(packet.extracting(header.payloadOffset..<packet.byteCount)),
            let decoding = pes.decodingTimestamp
        else { return }
        follow(decoding, of: header.pid)
        guard offset != 0 else { return }
        var place = start + header.payloadOffset + 9
        for timestamp in [pes.pts, pes.dts].compactMap({ $0 }) {
            let later = timestamp.advanced(by: offset)
            shifted.replaceSubrange(place..<place + 5, with: PESHeader.bytes(later, prefix: shifted[place] >> 4))
            place += 5
        }
    }

    private mutating func follow(_ timestamp: Timestamp, of pid: PID) {
        let first = first ?? timestamp
        self.first = first
        guard var track = tracks[pid] else {
            let distance = first.distance(to: timestamp)
            let start = distance.magnitude <= Self.maximumStep ? distance : 0
            tracks[pid] = Track(position: start, end: start, last: timestamp)
            return
        }
        let step = track.last.distance(to: timestamp)
        if step.magnitude <= Self.maximumStep { track.position += step }
        if track.position > track.end { (track.step, track.end) = (track.position - track.end, track.position) }
        track.last = timestamp
        tracks[pid] = track
    }
}
