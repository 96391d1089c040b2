import MPEGTS

/// What stands before the packets of a transport stream that comes by RTP (RFC 3550, section 5.1; RFC 2250, section 2).
enum RTPHeader {
    /// The payload of a datagram, where it is RTP with transport packets in it; else the datagram.
    static func removed(from datagram: [UInt8]) -> [UInt8] {
        guard datagram.count >= 12, datagram[0] >> 6 == 2, datagram[0] != TransportPacket.syncByte else {
            return datagram
        }
        // The sources that contributed, then an extension with its length in words.
        var start = 12 + 4 * Int(datagram[0] & 0x0F)
        if datagram[0] & 0x10 != 0 {
            guard start + 4 <= datagram.count else { return datagram }
            start += 4 + 4 * (Int(datagram[start + 2]) << 8 | Int(datagram[start + 3]))
        }
        // Padding tells its length in its last byte.
        let padding = datagram[0] & 0x20 != 0 ? Int(datagram[datagram.count - 1]) : 0
        let end = datagram.count - padding
        guard start < end, (end - start).isMultiple(of: TransportPacket.size),
            datagram[start] == TransportPacket.syncByte
        else { return datagram }
        return Array(datagram[start..<end])
    }
}
