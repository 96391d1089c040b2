import ChildProcesses
import Foundation

/// The proxy's own end: a port of the loopback interface that it keeps even while it refuses connections.
struct FaultListener {
    /// Small buffers, so that a stall is felt soon: 64 KiB in each direction of each socket.
    private static let bufferByteCount: Int32 = 64 << 10
    private static let backlog: Int32 = 1024

    let descriptor: Int32
    let port: Int

    init() throws(SystemError) {
        (descriptor, port) = try Self.takeFreePort()
        guard listen(descriptor, Self.backlog) == 0 else {
            defer { _ = Socket.close(descriptor) }
            throw SystemError("listen on port \(port)")
        }
    }

    /// A port that the system chose would be given up with the first refusal: it is asked for by its number. In between somebody else may
    /// be given it; then there is another.
    private static func takeFreePort() throws(SystemError) -> (descriptor: Int32, port: Int) {
        for _ in 0..<20 {
            let chosen = try bind(port: 0)
            _ = Socket.close(chosen.descriptor)
            if let taken = try? bind(port: chosen.port) { return taken }
        }
        return try bind(port: 0)
    }

    private static func bind(port: Int) throws(SystemError) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Socket.stream, 0)
        guard descriptor >= 0 else { throw SystemError("make a socket") }
        prepare(descriptor)
        var address = loopback(port: port)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else {
            defer { _ = Socket.close(descriptor) }
            throw SystemError("take port \(port)")
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Lets the port answer, or refuse connections while it stays taken.
    func set(refuses: Bool) {
        if refuses { shutdown(descriptor, Int32(SHUT_RDWR)) } else { listen(descriptor, Self.backlog) }
    }

    /// - Returns: nil when nobody is there.
    func accept() -> Int32? {
        let client = Foundation.accept(descriptor, nil, nil)
        guard client >= 0 else { return nil }
        Self.prepare(client)
        return client
    }

    /// Begins to connect to a port of this machine.
    ///
    /// - Returns: nil when nobody listens there.
    static func connect(port: Int) -> Int32? {
        let relay = socket(AF_INET, Socket.stream, 0)
        guard relay >= 0 else { return nil }
        prepare(relay)
        var address = loopback(port: port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(relay, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 || errno == EINPROGRESS { return relay }
        _ = Socket.close(relay)
        return nil
    }

    private static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var size = bufferByteCount
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        #if !canImport(Glibc)
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
