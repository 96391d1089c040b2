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

/// The flags and the clock of an adaptation field (ISO 13818-1, section 2.4.3.4).
public struct AdaptationField: Sendable {
    /// Says that the clock or the continuity counter jumps here on purpose.
    public var discontinuityIndicator = false
    /// A hint only: some encoders set it on each picture, some never.
    public var randomAccessIndicator = false
    /// The program clock reference in ticks of 27 MHz, modulo 2^33 × 300.
    public var pcr: Int64?

    /// The base of the program clock reference, on the scale of PTS and DTS.
    public var pcrBase: Timestamp? { pcr.map { Timestamp(ticks: $0 / 300) } }

    /// Reads the adaptation field of the packet that begins at `offset`; all is unset where there is none.
    public init(_ bytes: RawSpan, at offset: Int = 0) {
        guard bytes.byte(at: offset + 3) & 0x20 != 0 else { return }
        let length = bytes.byte(at: offset + 4)
        guard length >= 1 else { return }
        let flags = bytes.byte(at: offset + 5)
        discontinuityIndicator = flags & 0x80 != 0
        randomAccessIndicator = flags & 0x40 != 0
        guard flags & 0x10 != 0, length >= 7 else { return }
        var base: Int64 = 0
        for index in 6..<10 { base = base << 8 | Int64(bytes.byte(at: offset + index)) }
        let last = bytes.word(at: offset + 10)
        pcr = (base << 1 | Int64(last >> 15)) * 300 + Int64(last & 0x1FF)
    }
}
