import NIOCore

/// Refuses a request line that is too long with the status that is made for it, which the parser's limit for whole heads
/// cannot tell. Watches a connection's first line, and leaves.
final class RequestLineLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// Method, spaces and version around the target.
    private static let maximumByteCount = RelayRequest.maximumTargetByteCount + 32
    private var byteCount = 0
    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        let bytes = unwrapInboundIn(data).readableBytesView
        if bytes.contains(UInt8(ascii: "\n")) {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        byteCount += bytes.count
        if byteCount > Self.maximumByteCount {
            isOver = true
            context.fireErrorCaught(RequestProblem.targetTooLong)
        } else {
            context.fireChannelRead(data)
        }
    }
}
