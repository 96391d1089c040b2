/// Marks the place where another stream goes on in the place of one that ended: the first packet of each PID says that its
/// clock and its continuity counter jump (`discontinuity_indicator`, ISO 13818-1, section 2.4.3.5).
///
/// What a PID has before its first unit begins is left out: its beginning was in nobody's stream, and a decoder would add
/// it to the unit that the stream before did not finish.
public struct DiscontinuityMarker: Sendable {
    /// A PID that has begun no unit in so many packets is passed on as it is: 1,000.
    public static let maximumDroppedCount = 1_000

    /// One bit for each PID that goes on as it is.
    private var settled = [UInt64](repeating: 0, count: PID.count / 64)
    private var droppedCounts: [UInt16: Int] = [:]

    public init() { settle(Int(PID.null.rawValue)) }

    /// - Parameter packets: Whole packets of 188 bytes, which follow on those of the call before.
    /// - Returns: The same with marks; whole packets again. The array itself where nothing is to be done.
    public mutating func mark(_ packets: [UInt8]) -> [UInt8] {
        let span = packets.span.bytes
        guard let first = unsettledOffset(in: span) else { return packets }
        var marked = Array(packets[..<first])
        marked.reserveCapacity(packets.count + 4 * TransportPacket.size)
        for offset in stride(from: first, to: packets.count, by: TransportPacket.size) {
            let packet = packets[offset..<offset + TransportPacket.size]
            let header = PacketHeader(span, at: offset)
            if isSettled(Int(header.pid.rawValue)) || header.transportErrorIndicator {
                marked += packet
            } else {
                append(packet, header, to: &marked)
            }
        }
        return marked
    }

    private func unsettledOffset(in packets: RawSpan) -> Int? {
        for offset in stride(from: 0, to: packets.byteCount, by: TransportPacket.size)
        where !isSettled(Int(packets.word(at: offset + 1) & PID.null.rawValue)) {
            return offset
        }
        return nil
    }

    private func isSettled(_ pid: Int) -> Bool { settled[pid / 64] & 1 << UInt64(pid % 64) != 0 }

    private mutating func settle(_ pid: Int) { settled[pid / 64] |= 1 << UInt64(pid % 64) }

    private mutating func append(_ packet: ArraySlice<UInt8>, _ header: PacketHeader, to marked: inout [UInt8]) {
        let pid = header.pid.rawValue
        if header.hasPayload {
            let droppedCount = droppedCounts[pid, default: 0]
            if !header.payloadUnitStartIndicator && droppedCount < Self.maximumDroppedCount {
                droppedCounts[pid] = droppedCount + 1
                return
            }
            droppedCounts[pid] = nil
            settle(Int(pid))
        }
        let start = packet.startIndex
        if packet[start + 3] & 0x20 != 0, packet[start + 4] > 0 {
            let markStart = marked.count
            marked += packet
            marked[markStart + 5] |= 0x80
        } else if header.adaptationFieldSize == 0, let space = Self.marked(bySpaceIn: packet) {
            marked += space
        } else {
            marked += AddedPackets.discontinuity(header.pid, before: header.continuityCounter)
            marked += packet
        }
    }

    /// Sections are often followed by stuffing (section 2.4.4): the mark takes two bytes of that.
    private static func marked(bySpaceIn packet: ArraySlice<UInt8>) -> [UInt8]? {
        let payload = packet.dropFirst(4)
        // A PES packet (section 2.4.3.6).
        if payload.starts(with: [0, 0, 1]) { return nil }
        guard let pointer = payload.first else { return nil }
        var position = payload.startIndex + 1 + Int(pointer)
        while position + 3 <= packet.endIndex, packet[position] != 0xFF {
            position += 3 + (Int(packet[position + 1] & 0x0F) << 8 | Int(packet[position + 2]))
        }
        guard position + 2 <= packet.endIndex, packet[position...].allSatisfy({ $0 == 0xFF }) else { return nil }
        var marked = Array(packet.prefix(4))
        marked[3] |= 0x20
        return marked + [1, 0x80] + payload.dropLast(2)
    }
}
