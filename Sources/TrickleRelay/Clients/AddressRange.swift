/// The addresses that begin with the same bits (RFC 4632, section 3.1; RFC 4291, section 2.3).
public struct AddressRange: Sendable, Equatable {
    private let base: ClientAddress
    private let mask: (high: UInt64, low: UInt64)

    /// - Parameter text: `192.0.2.0/24`, `2001:db8::/32`, or one address.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let base = ClientAddress(parts[0]) else { return nil }
        let width = base.isIPv4 && !parts[0].contains(":") ? 32 : 128
        var bitCount = 128
        if parts.count == 2 {
            guard parts[1].allSatisfy(\.isASCIIDigit), let count = Int(parts[1]), count <= width else { return nil }
            bitCount = 128 - width + count
        }
        mask = (
            high: bitCount >= 64 ? .max : ~(.max >> UInt64(bitCount)),
            low: bitCount <= 64 ? 0 : ~(UInt64.max >> UInt64(bitCount - 64))
        )
        self.base = base
    }

    public func contains(_ address: ClientAddress) -> Bool {
        (address.high ^ base.high) & mask.high == 0 && (address.low ^ base.low) & mask.low == 0
    }

    public static func == (one: AddressRange, other: AddressRange) -> Bool {
        one.base == other.base && one.mask == other.mask
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
