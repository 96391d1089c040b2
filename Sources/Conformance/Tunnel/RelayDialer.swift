import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOTLS

/// Opens connections to the relay: in the clear or with TLS.
struct RelayDialer: Sendable {
    private let target: ConformanceTarget
    private let secure: NIOSSLContext?
    let speaksHTTP2: Bool

    /// - Throws: ``ConformanceFailure`` where the certificates cannot be read.
    init(_ target: ConformanceTarget, speaksHTTP2: Bool, authorities: String?) throws {
        self.target = target
        self.speaksHTTP2 = speaksHTTP2
        guard target.isEncrypted else {
            secure = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.trustRoots = .file(authorities) }
        configuration.applicationProtocols = [speaksHTTP2 ? "h2" : "http/1.1"]
        do { secure = try NIOSSLContext(configuration: configuration) } catch {
            throw ConformanceFailure("the certificates in '\(authorities ?? "")' cannot be used: \(error)")
        }
    }

    /// Connects.
    ///
    /// - Parameter initialize: adds what stands behind TLS.
    func connect(
        on eventLoop: any EventLoop, initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let secure {
                        let name = try? SocketAddress(ipAddress: target.host, port: 0)
                        // A server has no certificate's name for an address: the address itself is looked for in it.
                        let handler = try NIOSSLClientHandler(
                            context: secure, serverHostname: name == nil ? target.host : nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try initialize(channel)
                }
            }
            .connect(host: target.host, port: target.port)
    }

    /// Sees that the relay speaks what it should.
    ///
    /// - Throws: ``ConformanceFailure`` where it does not.
    func check(patience: Duration) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let greeted = eventLoop.makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await connect(on: eventLoop) { channel in
                let pipeline = channel.pipeline.syncOperations
                if speaksHTTP2 {
                    _ = try pipeline.configureHTTP2Pipeline(
                        mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
                    ) { $0.close() }
                }
                try pipeline.addHandler(RelayGreeting(greeted, of: self))
            }.get()
        } catch {
            greeted.fail(error)
            throw ConformanceFailure(
                "cannot connect to \(target.authority): start a relay there, or name another with --url")
        }
        let late = eventLoop.scheduleTask(in: TimeAmount(patience)) {
            greeted.fail(ConformanceFailure("nothing comes within \(patience)"))
        }
        defer {
            late.cancel()
            channel.close(promise: nil)
        }
        do { try await greeted.futureResult.get() } catch {
            let what = [target.isEncrypted ? "TLS" : nil, speaksHTTP2 ? "HTTP/2" : nil].compactMap { $0 }
            throw ConformanceFailure(
                "no \(what.joined(separator: " and ")) with \(target.authority): \(Self.words(for: error))")
        }
    }

    private static func words(for error: any Error) -> String {
        if let failure = error as? ConformanceFailure { return failure.description }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "nobody vouches for its certificate: name who does with --ca-file"
        }
        if error is NIOSSLError || error is NIOSSLExtraError { return text }
        return "what it answers is something else"
    }

    /// Why a protocol that ALPN has chosen will not do; nil where it will.
    func problem(withChosen name: String?) -> ConformanceFailure? {
        guard speaksHTTP2, name != "h2" else { return nil }
        return ConformanceFailure("the relay does not offer h2 (ALPN): it chose \(name.map { "'\($0)'" } ?? "nothing")")
    }

    var isEncrypted: Bool { target.isEncrypted }
}

/// Waits for the relay's first words.
private final class RelayGreeting: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let greeted: EventLoopPromise<Void>
    private let dialer: RelayDialer

    init(_ greeted: EventLoopPromise<Void>, of dialer: RelayDialer) {
        self.greeted = greeted
        self.dialer = dialer
    }

    func channelActive(context: ChannelHandlerContext) {
        if !dialer.isEncrypted, !dialer.speaksHTTP2 { greeted.succeed() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let name):
            if let problem = dialer.problem(withChosen: name) { return greeted.fail(problem) }
            if !dialer.speaksHTTP2 { greeted.succeed() }
        case ChannelEvent.inputClosed:
            greeted.fail(ConformanceFailure("the relay closes the connection"))
        case _: break
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if dialer.speaksHTTP2, case .settings = unwrapInboundIn(data).payload { greeted.succeed() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        greeted.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        greeted.fail(ConformanceFailure("the relay closes the connection"))
    }
}
