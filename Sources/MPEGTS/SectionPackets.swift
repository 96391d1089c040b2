/// Writes a section of a table as packets (ISO 13818-1, section 2.4.4.1).
public enum SectionPackets {
    /// The packets, the last one stuffed with 0xFF. Their continuity counters count on from the first, modulo 16.
    public static func packets(_ section: [UInt8], pid: PID, firstContinuityCounter: UInt8) -> [UInt8] {
        var packets: [UInt8] = []
        append(section, pid: pid, firstContinuityCounter: firstContinuityCounter, to: &packets)
        return packets
    }

    /// Packets that it takes: the first has a pointer field.
    static func count(_ section: [UInt8]) -> Int {
        (section.count + 1 + TransportPacket.size - 5) / (TransportPacket.size - 4)
    }

    /// Appends what ``packets(_:pid:firstContinuityCounter:)`` gives.
    static func append(_ section: [UInt8], pid: PID, firstContinuityCounter: UInt8, to packets: inout [UInt8]) {
        var offset = 0
        var continuityCounter = firstContinuityCounter
        while offset < section.count {
            let isFirst = offset == 0
            let high = UInt8(truncatingIfNeeded: pid.rawValue >> 8) | (isFirst ? 0x40 : 0)
            packets.append(TransportPacket.syncByte)
            packets.append(high)
            packets.append(UInt8(truncatingIfNeeded: pid.rawValue))
            packets.append(0x10 | continuityCounter & 0x0F)
            if isFirst { packets.append(0) }
            let space = TransportPacket.size - (isFirst ? 5 : 4)
            let count = min(space, section.count - offset)
            packets.append(contentsOf: section[offset..<offset + count])
            for _ in count..<space { packets.append(0xFF) }
            offset += count
            continuityCounter &+= 1
        }
    }
}
