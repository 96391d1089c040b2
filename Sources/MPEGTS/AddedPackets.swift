/// Writes what is added to a stream as packets.
enum AddedPackets {
    /// A section of a table (ISO 13818-1, section 2.4.4.1), the last packet stuffed with 0xFF.
    static func section(_ section: [UInt8], pid: PID) -> [UInt8] {
        let payload = [0] + section
        var packets: [UInt8] = []
        for start in stride(from: 0, to: payload.count, by: TransportPacket.size - 4) {
            let part = payload[start..<min(start + TransportPacket.size - 4, payload.count)]
            appendHeader(pid, startsUnit: start == 0, control: 0x10, to: &packets)
            packets.append(contentsOf: part)
            packets.append(contentsOf: repeatElement(0xFF, count: TransportPacket.size - 4 - part.count))
        }
        return packets
    }

    /// A PES packet, the last packet filled up by its adaptation field (section 2.4.3.5).
    static func pes(_ pes: [UInt8], pid: PID) -> [UInt8] {
        var packets: [UInt8] = []
        for start in stride(from: 0, to: pes.count, by: TransportPacket.size - 4) {
            let part = pes[start..<min(start + TransportPacket.size - 4, pes.count)]
            let space = TransportPacket.size - 4 - part.count
            appendHeader(pid, startsUnit: start == 0, control: space > 0 ? 0x30 : 0x10, to: &packets)
            if space > 0 { packets.append(UInt8(space - 1)) }
            if space > 1 { packets.append(0) }
            packets.append(contentsOf: repeatElement(0xFF, count: max(space - 2, 0)))
            packets.append(contentsOf: part)
        }
        return packets
    }

    /// A packet without payload that says that the clock and the continuity counter jump (section 2.4.3.5), for where the next packet of
    /// the PID has no room to say so. A packet without payload does not count (section 2.4.3.3).
    static func discontinuity(_ pid: PID, before continuityCounter: UInt8) -> [UInt8] {
        var packet: [UInt8] = []
        packet.reserveCapacity(TransportPacket.size)
        appendHeader(pid, startsUnit: false, control: 0x20 | (continuityCounter &- 1) & 0x0F, to: &packet)
        let length = TransportPacket.size - 5
        return packet + [UInt8(length), 0x80] + repeatElement(0xFF, count: length - 1)
    }

    /// - Parameter control: The fourth byte: whether there is an adaptation field and a payload, and the continuity counter.
    private static func appendHeader(_ pid: PID, startsUnit: Bool, control: UInt8, to packets: inout [UInt8]) {
        packets.append(TransportPacket.syncByte)
        packets.append(UInt8(truncatingIfNeeded: pid.rawValue >> 8) | (startsUnit ? 0x40 : 0))
        packets.append(UInt8(truncatingIfNeeded: pid.rawValue))
        packets.append(control)
    }
}
