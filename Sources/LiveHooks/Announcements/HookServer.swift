import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers the hooks of media servers over HTTP/1.
public struct HookServer: Sendable {
    /// The largest body of a request: 64 KiB.
    static let maximumBodyBytes = 64 << 10
    /// How long a request may take to come, whole, after the connection or the answer before it.
    static let requestTimeout = TimeAmount.seconds(10)
    /// Connections at once: in all, and from one address.
    static let maximumConnections = (all: 256, perAddress: 32)

    private let channel: any Channel

    /// - Throws: ``ToolFailure`` when the address cannot be had.
    public static func start(
        at address: ListenAddress, _ hook: LiveHook, logger: Logger
    ) async throws -> HookServer {
        do { try SystemRoom.forTools(eventLoopCount: SystemRoom.coreCount).check() } catch {
            throw ToolFailure("\(error)")
        }
        let seats = HookSeats(maximumConnections)
        var headLimits = NIOHTTPDecoderLimitConfiguration()
        headLimits.maxHeaderFieldSize = 16 << 10
        headLimits.maxHeaderListSize = 16 << 10
        headLimits.maxHeaderFieldCount = 100
        let limits = headLimits
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { connection in
                connection.eventLoop.makeCompletedFuture {
                    let address = connection.remoteAddress?.ipAddress
                    guard seats.take(address) else { throw ChannelError.operationUnsupported }
                    connection.closeFuture.whenComplete { _ in seats.free(address) }
                    try connection.pipeline.syncOperations.configureHTTPServerPipeline(
                        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
                    try connection.pipeline.syncOperations.addHandler(HookConnection(hook, source: address))
                }
            }
        do {
            let host = address.host ?? "0.0.0.0"
            let channel = try await bootstrap.bind(host: host, port: address.port).get()
            // Behind NIO's own handler, which tells of connections that could not be accepted or set up.
            let errors = channel.eventLoop.submit {
                try channel.pipeline.syncOperations.addHandler(ListenerErrors(logger))
            }
            try await errors.get()
            return HookServer(channel: channel)
        } catch {
            let reason = (error as? IOError).map { SystemError($0.errnoCode, "").reason } ?? "\(error)"
            throw ToolFailure(
                "cannot listen for hooks at \(address.defaultValueDescription): \(reason); --hook takes another address"
            )
        }
    }

    public var port: Int { channel.localAddress?.port ?? 0 }

    public func stop() async { try? await channel.close() }
}

/// Tells of connections that nobody sees because they did not come to be.
private final class ListenerErrors: ChannelInboundHandler {
    typealias InboundIn = Never

    private let logger: Logger
    private var budget = LineBudget()

    init(_ logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .show(let omitted) = budget.take(now: .now) else { return }
        if omitted > 0 { logger.error("\(omitted) more connections for hooks could not be set up") }
        logger.error("a connection for hooks could not be set up: \(error)")
    }
}

/// The requests of one connection, one after the other.
private final class HookConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let hook: LiveHook
    private let source: String?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var deadline: Scheduled<Void>?

    init(_ hook: LiveHook, source: String?) {
        self.hook = hook
        self.source = source
    }

    func handlerAdded(context: ChannelHandlerContext) { awaitRequest(context) }
    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    /// Bytes that drip are no request.
    private func awaitRequest(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: HookServer.requestTimeout) {
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= HookServer.maximumBodyBytes else {
                return context.close(promise: nil)
            }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            deadline?.cancel()
            let request = HookAccess.Request(
                source: source, host: head.headers.first(name: "Host"), origin: head.headers.first(name: "Origin"),
                authorization: head.headers.first(name: "Authorization"))
            let answer = context.eventLoop.makeFutureWithTask { [hook, body] in
                await hook.answer(method: head.method.rawValue, target: head.uri, body: body, from: request)
            }
            answer.assumeIsolated().whenSuccess { self.send($0, to: head, context) }
        }
    }

    private func send(_ answer: LiveHook.Answer, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var fields: HTTPHeaders = [
            "Content-Type": answer.contentType, "Content-Length": "\(answer.body.utf8.count)",
            "Cache-Control": "no-store",
        ]
        if answer.status == 503 { fields.add(name: "Retry-After", value: "1") }
        if answer.status == 405 { fields.add(name: "Allow", value: "GET, HEAD, POST, PUT, DELETE") }
        if !request.isKeepAlive { fields.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: answer.status)
        let head = HTTPResponseHead(version: request.version, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        }
        let isLast = !request.isKeepAlive
        // For the answer to be taken, and the next request to come.
        awaitRequest(context)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            if isLast { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
