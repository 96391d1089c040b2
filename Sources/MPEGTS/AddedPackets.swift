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

    /// The continuity counter is left 0.
    private static func appendHeader(_ pid: PID, startsUnit: Bool, control: UInt8, to packets: inout [UInt8]) {
        packets.append(TransportPacket.syncByte)
        packets.append(UInt8(truncatingIfNeeded: pid.rawValue >> 8) | (startsUnit ? 0x40 : 0))
        packets.append(UInt8(truncatingIfNeeded: pid.rawValue))
        packets.append(control)
    }
}
