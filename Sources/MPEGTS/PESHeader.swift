/// The header of a packetized elementary stream packet (ISO 13818-1, section 2.4.3.6).
public struct PESHeader: Sendable, Hashable {
    public var streamID: UInt8
    /// 0 is clear; anything else is scrambled.
    public var scramblingControl: UInt8 = 0
    public var pts: Timestamp?
    public var dts: Timestamp?
    /// Bytes from the start code to the elementary stream; 0 for one that is to be written.
    public var size = 0

    public init(streamID: UInt8, pts: Timestamp? = nil, dts: Timestamp? = nil) {
        self.streamID = streamID
        self.pts = pts
        self.dts = dts
    }

    /// When the first access unit that begins in this packet is decoded.
    public var decodingTimestamp: Timestamp? { dts ?? pts }

    /// What the first bytes of a packet turned out to be.
    enum Reading {
        /// More bytes are needed, as long as there are fewer than ``maximumSize``.
        case incomplete
        /// Not the header of a PES packet.
        case invalid
        case header(PESHeader)
    }

    /// The longest header there can be.
    static let maximumSize = 9 + 255

    static func read(_ bytes: RawSpan) -> Reading {
        let count = bytes.byteCount
        for index in 0..<min(count, 3) where bytes.byte(at: index) != (index < 2 ? 0 : 1) { return .invalid }
        guard count >= 6 else { return .incomplete }
        let streamID = bytes.byte(at: 3)
        guard streamID >= 0xBC else { return .invalid }
        guard hasOptionalHeader(streamID) else {
            var header = PESHeader(streamID: streamID)
            header.size = 6
            return .header(header)
        }
        guard count >= 9 else { return .incomplete }
        let flags = bytes.byte(at: 6)
        guard flags & 0xC0 == 0x80 else { return .invalid }
        let size = 9 + Int(bytes.byte(at: 8))
        guard count >= size else { return .incomplete }
        var header = PESHeader(streamID: streamID)
        header.scramblingControl = flags >> 4 & 3
        header.size = size
        let timestampFlags = bytes.byte(at: 7) >> 6
        if timestampFlags & 2 != 0, size >= 14 { header.pts = timestamp(bytes, at: 9) }
        if timestampFlags == 3, size >= 19 { header.dts = timestamp(bytes, at: 14) }
        return .header(header)
    }

    /// Table 2-21: program stream maps and directories, padding, private_stream_2, ECM, EMM, DSM-CC and H.222.1 type E
    /// have none.
    private static func hasOptionalHeader(_ streamID: UInt8) -> Bool {
        switch streamID {
        case 0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF: false
        default: true
        }
    }

    /// A PES packet with this header's time stamps, whose size is left open if it is too large to be said.
    public func packet(_ elementaryStream: [UInt8]) -> [UInt8] {
        var optional: [UInt8] = []
        if let pts { optional += Self.bytes(pts, prefix: dts == nil ? 2 : 3) }
        if let dts, pts != nil { optional += Self.bytes(dts, prefix: 1) }
        let length = 3 + optional.count + elementaryStream.count
        let written = length <= 0xFFFF ? UInt16(length) : 0
        var packet: [UInt8] = [0, 0, 1, streamID, UInt8(written >> 8), UInt8(written & 0xFF), 0x80]
        packet += [pts == nil ? 0 : dts == nil ? 0x80 : 0xC0, UInt8(optional.count)]
        return packet + optional + elementaryStream
    }

    static func bytes(_ timestamp: Timestamp, prefix: UInt8) -> [UInt8] {
        let ticks = timestamp.ticks
        return [
            prefix << 4 | UInt8(ticks >> 30 & 7) << 1 | 1,
            UInt8(ticks >> 22 & 0xFF), UInt8(ticks >> 15 & 0x7F) << 1 | 1,
            UInt8(ticks >> 7 & 0xFF), UInt8(ticks & 0x7F) << 1 | 1,
        ]
    }

    private static func timestamp(_ bytes: RawSpan, at offset: Int) -> Timestamp {
        let high = Int64(bytes.byte(at: offset) >> 1 & 7)
        let middle = Int64(bytes.word(at: offset + 1) >> 1)
        let low = Int64(bytes.word(at: offset + 3) >> 1)
        return Timestamp(ticks: high << 30 | middle << 15 | low)
    }
}
