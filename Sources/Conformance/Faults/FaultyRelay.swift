import Foundation
import Synchronization

/// A relay that breaks rules: a good one, behind somebody who garbles what goes through.
public final class FaultyRelay: Sendable {
    /// Where it is reached.
    public let url: String
    private let isClosed = Atomic(false)

    /// - Parameter url: where the good relay is.
    /// - Throws: ``ConformanceFailure`` when there is no port to be had.
    public convenience init(before url: String, fault: RelayFault) throws {
        let context = FaultContext(upstream: try ConformanceTarget(url: url))
        try self.init { descriptor in
            if fault.connection != .hasNoKeepAlive { Socket.keepAlive(descriptor, after: 15) }
            FaultyConnection(client: descriptor, context, fault)?.run()
        }
    }

    /// One that speaks HTTP/2 in the clear, and nothing else.
    ///
    /// - Parameter url: where the good relay is.
    /// - Throws: ``ConformanceFailure`` when there is no port to be had.
    public convenience init(before url: String, fault: HTTP2Fault) throws {
        let target = try ConformanceTarget(url: url)
        try self.init { FaultyHTTP2Connection(client: $0, to: target, fault)?.run() }
    }

    /// - Parameter serve: has a connection until its end, on a thread of its own.
    private init(serve: @escaping @Sendable (Int32) -> Void) throws {
        let listener = socket(AF_INET, Socket.stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 512) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw ConformanceFailure("no port: \(String(cString: strerror(errno)))") }
        self.url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { [listener, self] in accept(on: listener, serve) }
    }

    /// Takes no more connections; those that are open end with their clients.
    public func close() { isClosed.store(true, ordering: .relaxed) }

    private func accept(on listener: Int32, _ serve: @escaping @Sendable (Int32) -> Void) {
        while !isClosed.load(ordering: .relaxed) {
            guard Socket.wait(listener, for: Int16(POLLIN), until: .now + .milliseconds(100)) else { continue }
            let descriptor = Foundation.accept(listener, nil, nil)
            guard descriptor >= 0 else { continue }
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            Thread.detachNewThread { serve(descriptor) }
        }
        _ = Socket.close(listener)
    }
}
