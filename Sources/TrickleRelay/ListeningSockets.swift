import NIOCore
import Sockets
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
    /// Whether only this machine reaches them.
    let areOnLoopback: Bool

    /// - Parameters:
    ///   - host: a name or an address; nil for all interfaces.
    ///   - port: 0 takes a port that is free at all the addresses.
    /// - Throws: ``SocketError`` when no address can be listened on, or one of them is taken.
    init(host: String?, port: Int) throws(SocketError) {
        let addresses = try Self.resolve(host)
        areOnLoopback = addresses.allSatisfy { ClientAddress($0.raw).isLoopback }
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
        _ addresses: [SystemAddress], port: Int
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
        _ address: SystemAddress, port: Int
    ) throws(SocketError) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(address.family, SystemAddress.streamType, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket") }
        do throws(SocketError) {
            try set(SOL_SOCKET, SO_REUSEADDR, on: descriptor)
            // Each address has a socket of its own, also where the machine would let ::1 or :: take IPv4 as well.
            if address.family == AF_INET6 { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on: descriptor) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let bound = address.at(port: port).withPointer { bind(descriptor, $0, $1) }
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

    private static func resolve(_ host: String?) throws(SocketError) -> [SystemAddress] {
        do {
            return try SystemAddress.resolve(host, port: 0, type: SystemAddress.streamType, isPassive: true)
        } catch {
            throw SocketError(unknownHost: host ?? "", error.reason)
        }
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
