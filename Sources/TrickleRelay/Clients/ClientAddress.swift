#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IP address without its port: 128 bits, an IPv4 address as its IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2).
public struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// What stands where an address cannot be had.
    static let unknown = ClientAddress(high: 0, low: 0)

    private static let mappedPrefix: UInt64 = 0xFFFF_0000_0000

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter number: the address in the machine's own order of bytes.
    init(ipv4 number: UInt32) { self.init(high: 0, low: Self.mappedPrefix | UInt64(number)) }

    init(_ address: in_addr) { self.init(ipv4: UInt32(bigEndian: address.s_addr)) }

    init(_ address: in6_addr) {
        (high, low) = withUnsafeBytes(of: address) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// - Parameter text: `192.0.2.1` or `2001:db8::1`.
    public init?(_ text: some StringProtocol) {
        var (short, long) = (in_addr(), in6_addr())
        let text = String(text)
        // C would end the text there.
        if text.utf8.contains(0) { return nil }
        if inet_pton(AF_INET, text, &short) == 1 {
            self.init(short)
        } else if inet_pton(AF_INET6, text, &long) == 1 {
            self.init(long)
        } else {
            return nil
        }
    }

    /// - Parameter storage: what `accept` has said of the other end; of a family without IP addresses it is unknown.
    init(_ storage: sockaddr_storage) {
        self = withUnsafePointer(to: storage) { pointer in
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Self($0.pointee.sin_addr) }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { Self($0.pointee.sin6_addr) }
            default: .unknown
            }
        }
    }

    var isIPv4: Bool { high == 0 && low & ~0xFFFF_FFFF == Self.mappedPrefix }

    /// Whether it is this machine's own (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
    var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// What limits count by: an IPv4 address itself, of an IPv6 address its /64, which is what one household or server has.
    var household: ClientAddress { isIPv4 ? self : ClientAddress(high: high, low: 0) }

    public var description: String {
        if self == .unknown { return "unknown" }
        if isIPv4 { return stride(from: 24, through: 0, by: -8).map { "\(low >> $0 & 0xFF)" }.joined(separator: ".") }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(text.count))
            return String(cString: text.baseAddress!)
        }
    }
}
