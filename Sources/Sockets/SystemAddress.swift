#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An address of a socket, as the system takes it.
package struct SystemAddress: Sendable {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    package var family: Int32 { Int32(storage.ss_family) }

    /// For the calls that take an address of any family.
    package var raw: sockaddr_storage { storage }

    #if canImport(Glibc)
        package static let streamType = Int32(SOCK_STREAM.rawValue)
        package static let datagramType = Int32(SOCK_DGRAM.rawValue)
    #else
        package static let streamType = SOCK_STREAM
        package static let datagramType = SOCK_DGRAM
    #endif

    /// A name that stands for no address, and why.
    package struct UnknownHost: Error {
        package let reason: String
    }

    /// All addresses of a name. May take as long as the system's resolver does.
    ///
    /// - Parameters:
    ///   - host: A name or an address, IPv6 without brackets; nil for this machine.
    ///   - type: ``streamType`` or ``datagramType``.
    ///   - isPassive: Whether nil stands for all own addresses, to listen at, instead of the loopback ones.
    package static func resolve(
        _ host: String?, port: Int, type: Int32, isPassive: Bool = false
    ) throws(UnknownHost) -> [SystemAddress] {
        var hints = addrinfo()
        hints.ai_socktype = type
        hints.ai_flags = isPassive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let list else { throw UnknownHost(reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0.pointee.ai_next }.map { SystemAddress($0.pointee) }
    }

    /// The address of a Unix socket; nil when the path is longer than ``maximumPathByteCount``.
    package init?(unixPath path: String) {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count <= Self.maximumPathByteCount else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        memcpy(&storage, &address, Int(length))
    }

    /// What the path of a Unix socket may have: a zero ends it.
    package static var maximumPathByteCount: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 }

    private init(_ info: addrinfo) {
        length = info.ai_addrlen
        memcpy(&storage, info.ai_addr, Int(length))
    }

    /// The same host at another port; only of an address of the internet.
    package func at(port: Int) -> SystemAddress {
        var copy = self
        withUnsafeMutablePointer(to: &copy.storage) { pointer in
            // Both families have their port at the same place (RFC 3493, section 3.3).
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                $0.pointee.sin_port = UInt16(port).bigEndian
            }
        }
        return copy
    }

    package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Whether it stands for a group (RFC 5771; RFC 4291, section 2.7).
    package var isMulticast: Bool {
        withUnsafePointer(to: storage) { pointer in
            if family == AF_INET6 {
                return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                    withUnsafeBytes(of: address.pointee.sin6_addr) { $0[0] == 0xFF }
                }
            }
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin_addr) { $0[0] >> 4 == 0xE }
            }
        }
    }
}
