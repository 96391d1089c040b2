/// Sizes and marks of a transport stream packet (ISO 13818-1, section 2.4.3).
public enum TransportPacket {
    /// Bytes of a packet.
    public static let size = 188
    /// The byte that each packet begins with.
    public static let syncByte: UInt8 = 0x47
}
