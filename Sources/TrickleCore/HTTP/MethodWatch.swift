/// Watches a request's method as it comes, for one that is none of HTTP's (RFC 9110, section 9, and RFC 5789).
///
/// It tells of it at the first byte that makes it one, wherever the bytes are cut. What can be no method at all is the parser's affair.
struct MethodWatch {
    /// What came cannot become a known method any more.
    struct IsUnknown: Error {}

    private static let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ].map { Array($0.utf8) }

    private var count = 0
    private var candidates = methods.indices.reduce(UInt16(0)) { $0 | 1 << $1 }
    /// Whether what follows is no part of it.
    private(set) var hasEnded = false

    /// - Throws: ``IsUnknown``.
    mutating func received(_ byte: UInt8) throws(IsUnknown) {
        guard byte == UInt8(ascii: " ") ? count > 0 : byte.isTokenCharacter else { return hasEnded = true }
        for (index, method) in Self.methods.enumerated() {
            let fits = byte == UInt8(ascii: " ") ? method.count == count : count < method.count && method[count] == byte
            if !fits { candidates &= ~(1 << index) }
        }
        count += 1
        if candidates == 0 { throw IsUnknown() }
        if byte == UInt8(ascii: " ") { hasEnded = true }
    }
}

extension UInt8 {
    /// Whether a method or a field's name may hold it (RFC 9110, section 5.6.2).
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        case _: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
