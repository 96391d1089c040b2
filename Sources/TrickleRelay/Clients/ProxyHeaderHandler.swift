import NIOCore

/// Takes a ``ProxyHeader`` off the beginning of a trusted proxy's connection, tells of its client, and leaves.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What goes on with the pipeline when a header has been read.
    struct Named {
        /// Whom the connection is for; nil for the proxy itself.
        let client: ClientAddress?
    }

    /// What goes on with the pipeline when the beginning of a header has come, and not its end.
    struct Begun {}

    /// What has come and cannot be told yet.
    private var collected: ByteBuffer?
    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        var bytes = unwrapInboundIn(data)
        if var collected = collected.take() {
            collected.writeBuffer(&bytes)
            bytes = collected
        }
        switch ProxyHeader(bytes.readableBytesView) {
        case .incomplete:
            collected = bytes
            context.fireUserInboundEventTriggered(Begun())
        case .malformed:
            isOver = true
            context.fireErrorCaught(RequestProblem.badRequest("the PROXY header breaks the rules of its protocol"))
        case .absent:
            passOn(bytes, context)
        case .present(let byteCount, let client):
            bytes.moveReaderIndex(forwardBy: byteCount)
            context.fireUserInboundEventTriggered(Named(client: client))
            passOn(bytes, context)
        }
    }

    private func passOn(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        isOver = true
        if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
