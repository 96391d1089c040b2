import Foundation
import TrickleTesting

struct PlainSocketError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}

/// A blocking TCP connection of a test, which closes when nobody holds it.
final class PlainSocket {
    enum Ending {
        case open, closed, reset
    }

    private var descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Connects to a port of 127.0.0.1.
    init(port: Int) throws {
        let descriptor = socket(AF_INET, PlainListener.stream, 0)
        self.descriptor = descriptor
        var address = PlainListener.loopback(port: port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            defer { close() }
            throw PlainSocketError("cannot connect")
        }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Foundation.close(descriptor) }
        descriptor = -1
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw PlainSocketError("cannot send") }
            sent += count
        }
    }

    /// Sends until the other side takes no more.
    ///
    /// - Returns: how many bytes went.
    func sendUntilFull(atMost limit: Int) -> Int {
        let block = [UInt8](repeating: 0, count: 64 << 10)
        var sent = 0
        while sent < limit, waits(for: Int16(POLLOUT), .milliseconds(200)) {
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = block.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress!, $0.count, flags) }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var block = [UInt8](repeating: 0, count: count - bytes.count)
            let received = recv(descriptor, &block, block.count, 0)
            guard received > 0 else { throw PlainSocketError("only \(bytes.count) of \(count) bytes came") }
            bytes += block[..<received]
        }
        return bytes
    }

    /// All that comes before the end, in whatever way that comes.
    func receiveAll() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let received = recv(descriptor, &block, block.count, Int32(MSG_PEEK))
            guard received > 0 else {
                wasReset = received < 0
                return bytes
            }
            bytes += block[..<recv(descriptor, &block, received, 0)]
        }
    }

    /// How the connection has ended; bytes that come instead leave it open.
    func ending(within limit: Duration = TestLimit.wait) -> Ending {
        guard !wasReset else { return .reset }
        guard waits(for: Int16(POLLIN), limit) else { return .open }
        var byte: UInt8 = 0
        switch recv(descriptor, &byte, 1, Int32(MSG_PEEK)) {
        case 0: return .closed
        case 1...: return .open
        default:
            wasReset = true
            return .reset
        }
    }

    /// The system tells of a reset once.
    private var wasReset = false

    private func waits(for events: Int16, _ limit: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&entry, 1, Int32(limit / .milliseconds(1))) > 0
    }
}

/// A port of 127.0.0.1 that a test answers.
final class PlainListener {
    #if canImport(Glibc)
        static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        static let stream = SOCK_STREAM
    #endif

    private let descriptor: Int32
    let port: Int

    init() throws {
        let descriptor = socket(AF_INET, Self.stream, 0)
        self.descriptor = descriptor
        var address = Self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound, listen(descriptor, 64) == 0 else { throw PlainSocketError("cannot listen") }
    }

    deinit { _ = close(descriptor) }

    func accept() throws -> PlainSocket {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(TestLimit.wait / .milliseconds(1))) > 0 else {
            throw PlainSocketError("nobody connects")
        }
        return PlainSocket(descriptor: Foundation.accept(descriptor, nil, nil))
    }

    static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
