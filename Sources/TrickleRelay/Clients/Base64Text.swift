/// Base64 as HTTP fields have it (RFC 4648, section 4).
enum Base64Text {
    /// - Returns: nil for characters of no digit, a wrong length, or bits that no byte has.
    static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        var digits = text[...]
        guard digits.count.isMultiple(of: 4) else { return nil }
        if let end = digits.lastIndex(where: { $0 != UInt8(ascii: "=") }) {
            let next = digits.index(after: end)
            guard digits[next...].count <= 2 else { return nil }
            digits = digits[..<next]
        } else if !digits.isEmpty {
            return nil
        }
        var bytes: [UInt8] = []
        var (bits, bitCount) = (UInt32(0), 0)
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            bits &= (1 << UInt32(bitCount)) - 1
        }
        return bits == 0 ? bytes : nil
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
