import NIOCore
import NIOPosix
import Synchronization

/// A door on this machine to a relay that speaks more than plain HTTP/1.1: the cases connect to it with plain sockets.
///
/// Every connection to it gets one of its own to the relay: with TLS, over HTTP/2, or both. Bytes, ends and resets are
/// passed on in both directions, and whoever reads slowly is waited for.
final class ConformanceTunnel: Sendable {
    /// Where the cases connect.
    let entrance: ConformanceTarget
    private let listener: any Channel
    private let dialer: RelayDialer
    private let ways: TunnelWays

    /// - Returns: nil where plain sockets reach the relay.
    /// - Throws: ``ConformanceFailure`` where the relay does not speak what it should.
    static func open(to target: ConformanceTarget, settings: ConformanceSettings) async throws -> ConformanceTunnel? {
        guard target.isEncrypted || settings.speaksHTTP2 else { return nil }
        let dialer = try RelayDialer(
            target, speaksHTTP2: settings.speaksHTTP2, authorities: settings.certificateAuthorities)
        try await dialer.check(patience: settings.patience)
        let ways = TunnelWays()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if dialer.speaksHTTP2 {
                        try HTTP2Gateway.begin(channel, target, dialer, ways)
                    } else {
                        try joinBytes(channel, dialer, ways)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ConformanceTunnel(target, listener, dialer, ways)
    }

    private init(_ target: ConformanceTarget, _ listener: any Channel, _ dialer: RelayDialer, _ ways: TunnelWays) {
        entrance = target.reached(at: listener.localAddress?.port ?? 0)
        self.listener = listener
        self.dialer = dialer
        self.ways = ways
    }

    /// Takes no more connections.
    func close() { listener.close(promise: nil) }

    /// The ends of the connection to the relay that belongs to a case's own port.
    func ports(behind port: UInt16) -> (own: UInt16, peer: UInt16)? { ways.ports(behind: port) }

    /// Passes a case's bytes on as they are.
    private static func joinBytes(_ channel: any Channel, _ dialer: RelayDialer, _ ways: TunnelWays) throws {
        let abort = AbortHandler()
        let end = TunnelEnd(abort)
        try channel.pipeline.syncOperations.addHandlers([abort, end])
        let isolated = NIOLoopBound((abort: abort, end: end), eventLoop: channel.eventLoop)
        let dialed = dialer.connect(on: channel.eventLoop) { relay in
            let relayAbort = AbortHandler()
            // What ends by a reset must not be held up by TLS.
            try relay.pipeline.syncOperations.addHandler(relayAbort, position: .first)
            try relay.pipeline.syncOperations.addHandler(TunnelEnd(relayAbort))
            try relay.syncOptions?.setOption(.autoRead, value: false)
        }
        dialed.whenComplete { result in
            do {
                let relay = try result.get()
                ways.append(channel, relay)
                try TunnelEnd.join(isolated.value.end, relay.pipeline.syncOperations.handler(type: TunnelEnd.self))
            } catch {
                isolated.value.abort.abort()
            }
        }
    }
}

/// Which connection to the relay belongs to which connection of a case.
final class TunnelWays: Sendable {
    private let ways = Mutex<[Int: (own: UInt16, peer: UInt16)]>([:])

    func append(_ channel: any Channel, _ relay: any Channel) {
        guard let port = channel.remoteAddress?.port, let own = relay.localAddress?.port,
            let peer = relay.remoteAddress?.port
        else { return }
        ways.withLock { $0[port] = (UInt16(own), UInt16(peer)) }
        channel.closeFuture.whenComplete { [weak self] _ in _ = self?.ways.withLock { $0.removeValue(forKey: port) } }
    }

    func ports(behind port: UInt16) -> (own: UInt16, peer: UInt16)? { ways.withLock { $0[Int(port)] } }
}
