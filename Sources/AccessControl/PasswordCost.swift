/// What it costs to hold a password against a hash, which the hash itself says. A hash with too much of it would keep a processor busy for
/// minutes, or take all memory, for each guess that anybody sends.
struct PasswordCost {
    /// What the hash has too much of; nil for nothing.
    let excess: String?

    static let maximumBcryptCost = 14
    static let maximumRoundCount = 1_000_000
    /// Bytes that yescrypt and scrypt go through, each time that they go through them: the 128 MiB of yescrypt's cost 8.
    static let maximumByteCount = 128 << 20

    /// - Parameter hash: In the form of crypt(5).
    init(_ hash: String) {
        let fields = hash.utf8.split(separator: UInt8(ascii: "$")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 2 else {
            excess = nil
            return
        }
        switch fields[0] {
        case "2a", "2b", "2y": excess = Self.excess(Int(fields[1]), Self.maximumBcryptCost, "a cost of", "")
        case "6":
            let rounds = fields[1].hasPrefix("rounds=") ? Int(fields[1].dropFirst(7)) : 0
            excess = Self.excess(rounds, Self.maximumRoundCount, "", " rounds")
        case "y", "gy": excess = Self.excess(mebibytes: Self.yescrypt(fields[1]))
        case "7": excess = Self.excess(mebibytes: Self.scrypt(fields[1]))
        default: excess = nil
        }
    }

    /// - Parameter value: nil for what cannot be read.
    private static func excess(_ value: Int?, _ limit: Int, _ before: String, _ unit: String) -> String? {
        guard let value else { return "an unknown cost" }
        if value <= limit { return nil }
        return (before.isEmpty ? "" : before + " ") + "\(value)\(unit), and \(limit) is the most"
    }

    private static func excess(mebibytes: Int?) -> String? {
        excess(mebibytes, maximumByteCount >> 20, "work for", " MiB")
    }

    /// MiB of yescrypt: flavor, binary logarithm of N, r, and after these what few have: p, t.
    private static func yescrypt(_ parameters: String) -> Int? {
        var digits = CryptDigits(parameters)
        guard digits.number(from: 0) != nil, let logarithm = digits.number(from: 1), let r = digits.number(from: 1)
        else { return nil }
        var (p, t) = (1, 0)
        if !digits.isAtEnd {
            guard let has = digits.number(from: 1) else { return nil }
            if has & 1 != 0 {
                guard let number = digits.number(from: 2) else { return nil }
                p = number
            }
            if has & 2 != 0 {
                guard let number = digits.number(from: 1) else { return nil }
                t = number
            }
        }
        return mebibytes(logarithm, r: r, times: p * (t + 1))
    }

    /// MiB of scrypt: the binary logarithm of N in one digit, r and p in five each, the salt.
    private static func scrypt(_ parameters: String) -> Int? {
        var digits = CryptDigits(parameters)
        guard let logarithm = digits.fixed(count: 1), let r = digits.fixed(count: 5), let p = digits.fixed(count: 5)
        else { return nil }
        return mebibytes(logarithm, r: r, times: p)
    }

    private static func mebibytes(_ logarithm: Int, r: Int, times: Int) -> Int? {
        guard logarithm < 32 else { return .max >> 20 }
        let (blocks, isTooMuch) = (128 << logarithm).multipliedReportingOverflow(by: r)
        let (bytes, isFarTooMuch) = blocks.multipliedReportingOverflow(by: times)
        return (isTooMuch || isFarTooMuch ? Int.max : bytes) >> 20
    }
}

/// Numbers in the digits of crypt(5), six bits in each.
private struct CryptDigits {
    private var rest: ArraySlice<Int>

    init(_ text: String) {
        // What is no digit ends them.
        rest = text.utf8.map { Self.value(of: $0) ?? -1 }[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func next() -> Int? { rest.popFirst().flatMap { $0 < 0 ? nil : $0 } }

    /// A number of so many digits, the lowest first.
    mutating func fixed(count: Int) -> Int? {
        var number = 0
        for index in 0..<count {
            guard let digit = next() else { return nil }
            number |= digit << (6 * index)
        }
        return number
    }

    /// A number as yescrypt writes it: the first digit says how many there are.
    mutating func number(from least: Int) -> Int? {
        guard let first = next() else { return nil }
        var (number, start, end, bits) = (least, 0, 47, 0)
        while first > end {
            number += (end + 1 - start) << bits
            (start, end) = (end + 1, end + 1 + (62 - end) / 2)
            bits += 6
        }
        number += (first - start) << bits
        while bits > 0 {
            guard let digit = next() else { return nil }
            bits -= 6
            number += digit << bits
        }
        return number
    }

    private static func value(of byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"): Int(byte) - 0x2E
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 0x30 + 2
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 0x41 + 12
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 0x61 + 38
        default: nil
        }
    }
}
