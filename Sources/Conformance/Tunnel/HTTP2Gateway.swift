import NIOCore
import NIOHTTP2
import NIOPosix
import NIOTLS

/// Translates a case's HTTP/1.1 into HTTP/2, and the answers back.
///
/// Every connection of a case gets an HTTP/2 connection of its own, on which its requests are streams, one after the
/// other. A stream that is reset, or lost, before its end resets the case's connection; a case that goes away in the
/// middle cancels its stream. What HTTP/2 does not have (`Connection`, `Transfer-Encoding` …) is not passed on.
enum HTTP2Gateway {
    /// - Parameter channel: a case's connection, which reads only when it is told to.
    static func begin(
        _ channel: any Channel, _ target: ConformanceTarget, _ dialer: RelayDialer, _ ways: TunnelWays
    ) throws {
        let abort = AbortHandler()
        let requests = GatewayRequests(abort, target)
        try channel.pipeline.syncOperations.addHandlers([abort, requests])
        let isolated = NIOLoopBound(requests, eventLoop: channel.eventLoop)
        let dialed = dialer.connect(on: channel.eventLoop) { relay in
            let relayAbort = AbortHandler()
            let pipeline = relay.pipeline.syncOperations
            try pipeline.addHandler(relayAbort, position: .first)
            let streams = try pipeline.configureHTTP2Pipeline(
                mode: .client, connectionConfiguration: .init(),
                streamConfiguration: streamConfiguration
            ) { $0.close() }
            try pipeline.addHandler(GatewayConnection(relayAbort, dialer, isolated.value, streams))
        }
        dialed.whenComplete { result in
            switch result {
            case .success(let relay): ways.append(channel, relay)
            case .failure: isolated.value.abort()
            }
        }
    }

    /// Of a request's body, so much waits for the relay.
    private static var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.outboundBufferSizeHighWatermark = 64 << 10
        configuration.outboundBufferSizeLowWatermark = 32 << 10
        return configuration
    }
}

/// The HTTP/2 connection that belongs to a case's connection.
final class GatewayConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let abortHandler: AbortHandler
    private let dialer: RelayDialer
    private let requests: GatewayRequests
    private let streams: NIOHTTP2Handler.StreamMultiplexer
    private var context: ChannelHandlerContext?

    init(
        _ abortHandler: AbortHandler, _ dialer: RelayDialer, _ requests: GatewayRequests,
        _ streams: NIOHTTP2Handler.StreamMultiplexer
    ) {
        self.abortHandler = abortHandler
        self.dialer = dialer
        self.requests = requests
        self.streams = streams
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if !dialer.isEncrypted { requests.begin(on: self) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let name):
            guard dialer.problem(withChosen: name) == nil else { return requests.abort() }
            requests.begin(on: self)
        case ChannelEvent.inputClosed:
            // Nothing more comes on any stream.
            close()
        case _: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        requests.connectionFailed()
        abortHandler.abort()
    }

    func channelInactive(context: ChannelHandlerContext) {
        requests.connectionEnded()
        context.fireChannelInactive()
    }

    /// Opens a stream, whose first handler is the exchange.
    func open(_ exchange: GatewayExchange) {
        guard let context else { return exchange.abort() }
        let isolated = NIOLoopBound(exchange, eventLoop: context.eventLoop)
        let opened = streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                try stream.pipeline.syncOperations.addHandler(isolated.value)
            }
        }
        opened.assumeIsolated().whenFailure { _ in exchange.abort() }
    }

    /// Closes behind what has been said on the streams.
    func close() {
        guard let context else { return }
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }
}
