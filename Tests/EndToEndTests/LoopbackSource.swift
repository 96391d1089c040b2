import Foundation
import Synchronization

/// Somebody who sends bytes to all who connect, by TCP or at a Unix socket, until it is told to stop.
final class LoopbackSource: Sendable {
    enum Speech: Sendable {
        /// The bytes and nothing else.
        case plain
        /// The request is read, and this comes before the bytes.
        case answer(head: String)
    }

    /// What follows on the bytes.
    enum Ending: Sendable {
        case staysSilent, closes
        /// One more byte every so often.
        case drips(UInt8)
    }

    /// The TCP port of 127.0.0.1; 0 at a Unix socket.
    let port: Int
    private let listener: Int32
    private let connections = Connections()

    private final class Connections: Sendable {
        private struct State {
            var all: [Int32] = []
            var isStopped = false
        }

        private let state = Mutex(State())

        var count: Int { state.withLock { $0.all.count } }

        /// - Returns: false when no more are taken.
        func add(_ connection: Int32) -> Bool {
            state.withLock { state in
                if !state.isStopped { state.all.append(connection) }
                return !state.isStopped
            }
        }

        /// - Returns: All, the first time.
        func stop() -> [Int32]? {
            state.withLock { state in
                if state.isStopped { return nil }
                state.isStopped = true
                return state.all
            }
        }
    }

    /// - Parameter path: Of a Unix socket; nil for TCP.
    init(_ bytes: [UInt8], path: String? = nil, speech: Speech = .plain, ending: Ending = .staysSilent) throws {
        let family = path == nil ? AF_INET : AF_UNIX
        let listener = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        let status = path.map { Self.bind(listener, path: $0) } ?? Self.bindToLoopback(listener)
        guard status == 0, listen(listener, 16) == 0 else { throw LoopbackFailure(what: "listen") }
        port = path == nil ? Self.port(of: listener) : 0
        Thread.detachNewThread { [connections] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                guard connections.add(connection) else {
                    close(connection)
                    return
                }
                Thread.detachNewThread { Self.serve(connection, bytes, speech, ending) }
            }
        }
    }

    deinit { stop() }

    /// How many have connected.
    var connectionCount: Int { connections.count }

    /// Breaks all connections off, and takes no more.
    func stop() {
        guard let connections = connections.stop() else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        // The threads that serve them close them.
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private static func serve(_ connection: Int32, _ bytes: [UInt8], _ speech: Speech, _ ending: Ending) {
        defer { close(connection) }
        var rest = bytes[...]
        if case .answer(let head) = speech {
            var request: [UInt8] = []
            var byte: UInt8 = 0
            while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                guard recv(connection, &byte, 1, 0) == 1 else { return }
                request.append(byte)
            }
            rest = Array(head.utf8) + rest
        }
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
        switch ending {
        case .closes: return
        case .staysSilent:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .drips(var byte):
            while send(connection, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 { usleep(100_000) }
        }
    }

    private static func bind(_ descriptor: Int32, path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    static func bindToLoopback(_ descriptor: Int32) -> Int32 {
        var address = loopback(port: 0)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    static func loopback(port: Int, host: String = "127.0.0.1") -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

struct LoopbackFailure: Error, CustomStringConvertible {
    let description: String
    init(what: String) { description = "cannot \(what): \(String(cString: strerror(errno)))" }
}

/// Sends datagrams of seven packets, over and over, to a port of the loopback interface, at most 1,000 a second.
final class LoopbackDatagrams: Sendable {
    private let isStopped = Atomic(false)

    /// - Parameters:
    ///   - host: 127.0.0.1, or a group.
    ///   - hasHeaders: Whether each is RTP.
    init(_ packets: [UInt8], to host: String, port: Int, hasHeaders: Bool) {
        Thread.detachNewThread { [weak self] in
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            var interface = in_addr()
            inet_pton(AF_INET, "127.0.0.1", &interface)
            setsockopt(
                descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &interface, socklen_t(MemoryLayout<in_addr>.size))
            var address = LoopbackSource.loopback(port: port, host: host)
            var number: UInt16 = 0
            while true {
                for start in stride(from: 0, to: packets.count, by: 7 * 188) {
                    guard let self, !self.isStopped.load(ordering: .relaxed) else { return }
                    let header: [UInt8] =
                        [0x80, 33, UInt8(number >> 8), UInt8(number & 0xFF)] + [0, 0, 0, 0, 1, 2, 3, 4]
                    number &+= 1
                    let payload = packets[start..<min(start + 7 * 188, packets.count)]
                    let datagram = (hasHeaders ? header : []) + payload
                    _ = withUnsafePointer(to: &address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            sendto(
                                descriptor, datagram, datagram.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                        }
                    }
                    usleep(1000)
                }
            }
        }
    }

    deinit { stop() }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// A port at which nobody listens for datagrams.
    static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        _ = LoopbackSource.bindToLoopback(descriptor)
        return LoopbackSource.port(of: descriptor)
    }
}
