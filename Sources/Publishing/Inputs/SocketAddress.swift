#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An address of a socket, as the system takes it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    #if canImport(Glibc)
        static let streamType = Int32(SOCK_STREAM.rawValue)
        static let datagramType = Int32(SOCK_DGRAM.rawValue)
    #else
        static let streamType = SOCK_STREAM
        static let datagramType = SOCK_DGRAM
    #endif

    /// All addresses of a name. May take as long as the system's resolver does.
    ///
    /// - Parameter isPassive: Whether an empty name stands for all own addresses.
    /// - Throws: ``SourceFailure`` when the name has none.
    static func resolve(_ address: NetworkAddress, type: Int32, isPassive: Bool = false) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = type
        hints.ai_flags = isPassive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        let host = address.host.isEmpty ? nil : address.host
        let code = getaddrinfo(host, String(address.port), &hints, &list)
        guard code == 0, let list else {
            let reason = String(cString: gai_strerror(code))
            throw SourceFailure("there is no host '\(address.host)' (\(reason)): check its spelling")
        }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0.pointee.ai_next }.map { SocketAddress($0.pointee) }
    }

    /// The address of a Unix socket.
    ///
    /// - Throws: ``SourceFailure`` when the path is longer than such addresses are.
    init(unixPath path: String) throws(SourceFailure) {
        var address = sockaddr_un()
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard bytes.count < capacity else {
            throw SourceFailure("\(path) is longer than the \(capacity - 1) bytes that the path of a socket may have")
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        memcpy(&storage, &address, Int(length))
    }

    private init(_ info: addrinfo) {
        length = info.ai_addrlen
        memcpy(&storage, info.ai_addr, Int(length))
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// For the calls that take an address of any family.
    var raw: sockaddr_storage { storage }

    /// Whether it stands for a group (RFC 5771; RFC 4291, section 2.7).
    var isMulticast: Bool {
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
