import NIOCore
import TrickleCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The sockets of one address to listen on: a name may stand for several, as `localhost` does for 127.0.0.1 and ::1.
struct ListeningSockets {
    let descriptors: [Int32]
    let port: Int

    /// - Parameters:
    ///   - host: a name or an address; nil for all interfaces.
    ///   - port: 0 takes a port that is free at all the addresses.
    /// - Throws: ``SocketError`` when no address can be listened on, or one of them is taken.
    init(host: String?, port: Int) throws(SocketError) {
        let addresses = try Self.resolve(host)
        // A port that the first address got may be taken at another: then it tries with the next that is free.
        for attempt in 0... {
            do throws(SocketError) {
                (descriptors, self.port) = try Self.listen(addresses, port: port)
                return
            } catch {
                guard port == 0, error.code == EADDRINUSE, attempt < 20 else { throw error }
            }
        }
        preconditionFailure("the last attempt throws")
    }

    private static func listen(
        _ addresses: [Address], port: Int
    ) throws(SocketError) -> (descriptors: [Int32], port: Int) {
        var descriptors: [Int32] = []
        var port = port
        var unavailable: SocketError?
        for address in addresses {
            do throws(SocketError) {
                let (descriptor, bound) = try listen(address, port: port)
                descriptors.append(descriptor)
                port = bound
            } catch {
                // A machine without IPv6 still has a name for it.
                if error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT {
                    unavailable = error
                    continue
                }
                for descriptor in descriptors { close(descriptor) }
                throw error
            }
        }
        if descriptors.isEmpty, let unavailable { throw unavailable }
        return (descriptors, port)
    }

    private static func listen(
        _ address: Address, port: Int
    ) throws(SocketError) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(address.family, streamType, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket") }
        do throws(SocketError) {
            try set(SOL_SOCKET, SO_REUSEADDR, on: descriptor)
            // Each address has a socket of its own, also where the machine would let ::1 or :: take IPv4 as well.
            if address.family == AF_INET6 { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on: descriptor) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let bound = address.withPort(port) { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw SocketError(call: "bind") }
            guard Self.startListening(descriptor) == 0 else { throw SocketError(call: "listen") }
            return (descriptor, boundPort(of: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func startListening(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.listen(descriptor, 4096)
        #elseif canImport(Musl)
            Musl.listen(descriptor, 4096)
        #else
            Darwin.listen(descriptor, 4096)
        #endif
    }

    private static func set(_ level: Int32, _ option: Int32, on descriptor: Int32) throws(SocketError) {
        var one: Int32 = 1
        guard setsockopt(descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SocketError(call: "setsockopt")
        }
    }

    private static func boundPort(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            // Both families have their port at the same place (RFC 3493, section 3.3).
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif

    // MARK: Names

    private struct Address {
        let family: Int32
        private var storage = sockaddr_storage()
        private let length: socklen_t

        init(_ info: addrinfo) {
            family = info.ai_family
            length = info.ai_addrlen
            memcpy(&storage, info.ai_addr, Int(length))
        }

        func withPort<Result>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
            var copy = storage
            return withUnsafeMutablePointer(to: &copy) { pointer in
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    $0.pointee.sin_port = UInt16(port).bigEndian
                }
                return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
            }
        }
    }

    private static func resolve(_ host: String?) throws(SocketError) -> [Address] {
        var hints = addrinfo()
        hints.ai_socktype = streamType
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "0", &hints, &list)
        guard code == 0, let list else {
            throw SocketError(unknownHost: host ?? "", String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        return Array(sequence(first: list) { $0.pointee.ai_next }.map { Address($0.pointee) })
    }
}

/// A call on a socket that failed.
public struct SocketError: Error, CustomStringConvertible {
    /// The number that the system gave; 0 for a name that cannot be resolved.
    public let code: Int32
    public let description: String

    init(call: String) {
        code = errno
        description = "\(call): \(String(cString: strerror(code)))"
    }

    init(code: Int32) {
        self.code = code
        description = String(cString: strerror(code))
    }

    init(unknownHost host: String, _ reason: String) {
        code = 0
        description = "'\(host)' is no address of this machine: \(reason)"
    }
}
