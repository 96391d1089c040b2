/// The checksum of tables (ISO 13818-1, annex A): polynomial 0x04C11DB7, most significant bit first, no final
/// inversion.
public enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { (index: UInt32) in
        (0..<8).reduce(index << 24) { value, _ in value & 0x8000_0000 == 0 ? value << 1 : value << 1 ^ 0x04C1_1DB7 }
    }

    /// The checksum of `bytes`; 0 over a section that includes its own, correct one.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF) { value, byte in
            value << 8 ^ table[Int(UInt8(truncatingIfNeeded: value >> 24) ^ byte)]
        }
    }

    /// How a checksum changes with one byte.
    ///
    /// - Parameters:
    ///   - difference: The byte as it was, exclusive-or what it is now.
    ///   - count: How many bytes follow on it before the checksum.
    static func change(_ difference: UInt8, followedBy count: Int) -> UInt32 {
        var value = table[Int(difference)]
        for _ in 0..<max(count, 0) { value = value << 8 ^ table[Int(UInt8(truncatingIfNeeded: value >> 24))] }
        return value
    }
}
