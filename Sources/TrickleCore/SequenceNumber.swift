/// The number of a segment within its channel: 0 … 2^53 − 1.
///
/// The upper bound is what a JSON number carries exactly (RFC 8259, section 6).
public struct SequenceNumber: Hashable, Comparable, Sendable {
    /// The largest number a segment can have: 2^53 − 1.
    public static let max = SequenceNumber(unchecked: (1 << 53) - 1)
    /// A number that no channel comes to, and that every server can read: 2^31 − 1.
    public static let farAhead = SequenceNumber(unchecked: (1 << 31) - 1)
    public static let zero = SequenceNumber(unchecked: 0)

    public let value: Int

    /// - Returns: nil when `value` is negative or above 2^53 − 1.
    public init?(_ value: Int) {
        guard value >= 0, value <= Self.max.value else { return nil }
        self.value = value
    }

    private init(unchecked value: Int) { self.value = value }

    /// The number that follows, or nil after the largest.
    public var next: SequenceNumber? { SequenceNumber(value + 1) }

    public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left.value < right.value }
}

extension SequenceNumber: CustomStringConvertible, LosslessStringConvertible {
    public var description: String { String(value) }

    /// Decimal digits only: no sign, no white space.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            return nil
        }
        self.init(value)
    }
}

extension SequenceNumber: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) {
        precondition(value >= 0 && value <= Self.max.value, "a sequence number is 0 … 2^53 − 1, not \(value)")
        self.init(unchecked: value)
    }
}
