/// A packet identifier: 13 bits that say which stream a packet belongs to (ISO 13818-1, section 2.4.3.3).
public struct PID: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// 0 … 8191.
    public let rawValue: UInt16

    /// - Parameter rawValue: only its lower 13 bits count.
    public init(_ rawValue: UInt16) {
        self.rawValue = rawValue & 0x1FFF
    }

    public init(integerLiteral value: UInt16) {
        self.init(value)
    }

    /// How many there are.
    static let count = 8192

    /// The program association table.
    public static let pat = PID(0)
    /// Null packets: stuffing.
    public static let null = PID(0x1FFF)

    /// Whether a program map may give this PID to a stream or a program (0x0010 … 0x1FFE, section 2.4.3.3).
    var isAssignable: Bool { rawValue >= 0x10 && rawValue < 0x1FFF }

    public static func < (left: PID, right: PID) -> Bool { left.rawValue < right.rawValue }

    /// Decimal, then hexadecimal, as analyzers show it: `256 (0x0100)`.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return "\(rawValue) (0x\(String(repeating: "0", count: 4 - digits.count))\(digits))"
    }
}
