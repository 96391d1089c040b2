/// A number, or `true`, `false` or `null`, as its bytes come (RFC 8259, sections 3 and 6).
struct JSONScalar: Sendable {
    private enum Place: Equatable {
        /// What is left of a word.
        case word(ArraySlice<UInt8>)
        case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
    }

    private var place: Place

    /// nil where no scalar begins so.
    init?(_ first: UInt8) {
        switch first {
        case UInt8(ascii: "t"): place = .word(ArraySlice("rue".utf8))
        case UInt8(ascii: "f"): place = .word(ArraySlice("alse".utf8))
        case UInt8(ascii: "n"): place = .word(ArraySlice("ull".utf8))
        case UInt8(ascii: "-"): place = .minus
        case UInt8(ascii: "0"): place = .zero
        case UInt8(ascii: "1")...UInt8(ascii: "9"): place = .integer
        default: return nil
        }
    }

    /// Whether it may end here.
    var isComplete: Bool {
        switch place {
        case .word(let rest): rest.isEmpty
        case .zero, .integer, .fraction, .exponentDigits: true
        case .minus, .point, .exponent, .exponentSign: false
        }
    }

    /// - Returns: false where the byte does not follow on what has come.
    mutating func take(_ byte: UInt8) -> Bool {
        if case .word(let rest) = place {
            place = .word(rest.dropFirst())
            return rest.first == byte
        }
        guard let next = following(byte) else { return false }
        place = next
        return true
    }

    private func following(_ byte: UInt8) -> Place? {
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        let isExponent = byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
        switch place {
        case .minus: return byte == UInt8(ascii: "0") ? .zero : isDigit ? .integer : nil
        case .zero, .integer:
            if byte == UInt8(ascii: ".") { return .point }
            if isExponent { return .exponent }
            return isDigit && place == .integer ? .integer : nil
        case .point: return isDigit ? .fraction : nil
        case .fraction: return isExponent ? .exponent : isDigit ? .fraction : nil
        case .exponent:
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { return .exponentSign }
            return isDigit ? .exponentDigits : nil
        case .exponentSign, .exponentDigits: return isDigit ? .exponentDigits : nil
        case .word: return nil
        }
    }
}
