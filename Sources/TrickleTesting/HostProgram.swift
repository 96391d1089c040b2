import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TrickleRelay

/// A program with an HTTP server of its own, and a relay in it. It answers with what it was asked: `host: POST /hello 5\n`.
public struct HostProgram: Sendable {
    public let relay: RelayServer
    public let port: Int
    /// Whose event loops its connections, and the relay, are on.
    public let group: MultiThreadedEventLoopGroup

    /// - Parameters:
    ///   - threadCount: how many event loops it has.
    ///   - change: sets the relay up, which is below `/trickle` unless told otherwise.
    ///   - host: adds the program's own handlers, in place of those that echo.
    public static func with<Result>(
        threadCount: Int = 2, _ change: (inout RelayConfiguration) -> Void = { _ in },
        logger: Logger = Logger(label: "test"), ramps: ((RelayServer) -> any RelayRamps)? = nil,
        host: @escaping @Sendable (any Channel) throws -> Void = {
            try $0.pipeline.syncOperations.addHandler(EchoHandler())
        },
        _ body: (HostProgram) async throws -> Result
    ) async throws -> Result {
        var configuration = RelayConfiguration()
        configuration.basePath = BasePath("/trickle")
        change(&configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threadCount)
        let relay = try RelayServer.mount(on: group, configuration: configuration, logger: logger, ramps: ramps)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { connection in
                connection.eventLoop.makeCompletedFuture { try relay.serve(connection, elsewhere: host) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let program = HostProgram(relay: relay, port: listener.localAddress!.port!, group: group)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(program)) } catch { result = .failure(error) }
        try await listener.close()
        await relay.shutDown()
        try await group.shutdownGracefully()
        return try result.get()
    }
}

/// Answers each request with its method, its target, and the count of its body's bytes.
public final class EchoHandler: ChannelInboundHandler {
    public typealias InboundIn = HTTPServerRequestPart
    public typealias OutboundOut = HTTPServerResponsePart

    private let status: HTTPResponseStatus
    private var head: HTTPRequestHead?
    private var byteCount = 0

    public init(status: HTTPResponseStatus = .ok) { self.status = status }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, byteCount) = (head, 0)
        case .body(let bytes): byteCount += bytes.readableBytes
        case .end:
            guard let head else { return }
            let body = ByteBuffer(string: "host: \(head.method) \(head.uri) \(byteCount)\n")
            var answer = HTTPResponseHead(version: head.version, status: status)
            answer.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
            context.write(wrapOutboundOut(.head(answer)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
