import NIOCore
import NIOHTTP1

/// Sees the answers of the program that the relay is mounted in, and tells the connection where one begins and ends.
final class HostAnswerHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private weak var connection: HTTP1Connection?

    init(_ connection: HTTP1Connection) { self.connection = connection }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The request may have been answered otherwise meanwhile, because it broke the rules.
        guard let connection, connection.isAnsweredByHost else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where !(100..<200).contains(head.status.code):
            connection.hostAnswerBegan(keepsAlive: head.isKeepAlive)
            if !connection.letsOthersFollow { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            context.writeAndFlush(data, promise: promise)
            connection.hostAnswerEnded()
        }
    }
}
