import NIOCore
import NIOHTTP1
import NIOPosix

/// A listener of its own for those who operate the relay: `/metrics`, `/healthz`, `/readyz`.
struct MetricsListener: Sendable {
    private let channel: any Channel

    /// - Throws: an error of the system when the address cannot be had.
    static func start(host: String, port: Int, for relay: RelayServer) async throws -> MetricsListener {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(MetricsHandler(relay))
                }
            }
            .bind(host: host, port: port).get()
        // Behind NIO's own handler, which tells of connections that could not be accepted or set up.
        try await channel.pipeline.addHandler(ListenerErrors(relay.setupFailures)).get()
        return MetricsListener(channel: channel)
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    func stop() async { try? await channel.close() }
}

/// Tells of connections that nobody sees because they did not come to be.
private final class ListenerErrors: ChannelInboundHandler, Sendable {
    typealias InboundIn = Never

    private let failures: RateLimitedLog

    init(_ failures: RateLimitedLog) {
        self.failures = failures
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failures.happened { "a connection to the metrics could not be set up: \(error)" }
    }
}

/// Answers the requests of one connection to the ``MetricsListener``.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let relay: RelayServer
    private var request: HTTPRequestHead?

    init(_ relay: RelayServer) {
        self.relay = relay
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        switch request?.uri.prefix(while: { $0 != "?" }) {
        case "/healthz": send(.ok, "ok\n", context)
        case "/readyz":
            switch relay.readiness {
            case .ready: send(.ok, "ready\n", context)
            case .full: send(.serviceUnavailable, "full\n", context)
            case .draining: send(.serviceUnavailable, "draining\n", context)
            }
        case "/metrics":
            let page = context.eventLoop.makeFutureWithTask { [relay] in await relay.metrics() }
            page.assumeIsolated().whenSuccess { self.send(.ok, $0, context) }
        default: send(.notFound, "here are /metrics, /healthz and /readyz\n", context)
        }
    }

    private func send(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
        var fields: HTTPHeaders = [
            "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Content-Length": "\(text.utf8.count)",
        ]
        let goesOn = request?.isKeepAlive ?? false
        if !goesOn { fields.add(name: "Connection", value: "close") }
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))), promise: nil)
        if request?.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !goesOn { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
