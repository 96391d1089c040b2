/// Sizes and marks of a transport stream packet (ISO 13818-1, section 2.4.3).
public enum TransportPacket {
    /// Bytes of a packet.
    public static let size = 188
    /// The byte that each packet begins with.
    public static let syncByte: UInt8 = 0x47
}

/// What the first four bytes of a packet say, and where its payload begins (ISO 13818-1, section 2.4.3.2).
public struct PacketHeader: Sendable {
    public let transportErrorIndicator: Bool
    public let payloadUnitStartIndicator: Bool
    public let pid: PID
    /// 0 is clear; anything else is scrambled.
    public let transportScramblingControl: UInt8
    /// Four bits.
    public let continuityCounter: UInt8
    public let hasPayload: Bool
    /// Bytes of the adaptation field with its length byte; 0 without one.
    public let adaptationFieldSize: Int

    /// Where the payload begins in the packet: 4 … 188.
    public var payloadOffset: Int { 4 + adaptationFieldSize }

    /// Reads the header of the packet that begins at `offset`; 188 bytes must be there.
    ///
    /// An adaptation field that is longer than the packet leaves no payload.
    public init(_ bytes: RawSpan, at offset: Int = 0) {
        let flags = bytes.byte(at: offset + 1)
        let control = bytes.byte(at: offset + 3)
        transportErrorIndicator = flags & 0x80 != 0
        payloadUnitStartIndicator = flags & 0x40 != 0
        pid = PID(bytes.word(at: offset + 1))
        transportScramblingControl = control >> 6
        continuityCounter = control & 0x0F
        let size = control & 0x20 == 0 ? 0 : 1 + Int(bytes.byte(at: offset + 4))
        adaptationFieldSize = min(size, TransportPacket.size - 4)
        hasPayload = control & 0x10 != 0 && size < TransportPacket.size - 4
    }
}
