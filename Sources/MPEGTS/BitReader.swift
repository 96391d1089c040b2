/// Reads bits, most significant first, of a unit's payload without emulation prevention.
///
/// Past the end come zeros, and ``isPastEnd`` says so.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8], at byte: Int = 0) {
        self.bytes = bytes
        position = byte * 8
    }

    /// More has been read than is there.
    var isPastEnd: Bool { position > bytes.count * 8 }

    mutating func bit() -> Bool {
        defer { position += 1 }
        let index = position >> 3
        return index < bytes.count && bytes[index] & 0x80 >> UInt8(position & 7) != 0
    }

    /// Up to 32 bits.
    mutating func bits(_ count: Int) -> UInt32 {
        (0..<count).reduce(0) { value, _ in value << 1 | (bit() ? 1 : 0) }
    }

    mutating func skip(_ count: Int) {
        position += count
    }

    /// An unsigned Exp-Golomb code (ISO 14496-10, section 9.1). One of more than 31 leading zeros counts as past the
    /// end.
    mutating func unsignedGolomb() -> Int {
        var zeros = 0
        while !bit() {
            zeros += 1
            if zeros > 31 || isPastEnd {
                position = bytes.count * 8 + 1
                return 0
            }
        }
        return (1 << zeros) - 1 + Int(bits(zeros))
    }

    /// A signed Exp-Golomb code.
    mutating func signedGolomb() -> Int {
        let code = unsignedGolomb()
        return code & 1 == 1 ? (code + 1) / 2 : -(code / 2)
    }

    /// A unit's bytes without emulation prevention: 0, 0, 3 stands for 0, 0.
    static func withoutEmulationPrevention(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var zeroCount = 0
        for byte in bytes {
            if byte == 3, zeroCount == 2 {
                zeroCount = 0
                continue
            }
            zeroCount = byte == 0 ? min(zeroCount + 1, 2) : 0
            result.append(byte)
        }
        return result
    }
}
