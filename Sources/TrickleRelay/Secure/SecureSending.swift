import NIOCore

/// Sends encrypted bytes at once, past NIO's queue while that is empty: nearest to the socket, behind TLS.
///
/// It closes the socket when it is told ``SocketEnd``, whatever TLS still waits for.
final class SecureSending: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let socket: SendingSocket
    private var channel: (any Channel)?
    /// Writes in NIO's queue.
    private var queuedCount = 0

    /// - Parameter descriptor: the socket, which the connection's NIO channel owns.
    init(descriptor: Int32) { socket = SendingSocket(descriptor: descriptor) }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }
    func handlerRemoved(context: ChannelHandlerContext) { channel = nil }

    /// TLS writes when it flushes.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        // NIO closes the descriptor before it says so, and the number may be another's by then.
        guard queuedCount == 0, channel?.isActive == true else { return enqueue(context, bytes, promise) }
        let sent = max(0, bytes.withUnsafeReadableBytes { socket.send($0) })
        guard sent == bytes.readableBytes else { return enqueue(context, bytes.from(sent), promise) }
        promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {
        if queuedCount > 0 { context.flush() }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is SocketEnd else { return context.triggerUserOutboundEvent(event, promise: promise) }
        context.close(promise: promise)
    }

    private func enqueue(_ context: ChannelHandlerContext, _ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        queuedCount += 1
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { _ in self.queuedCount -= 1 }
        context.write(wrapOutboundOut(bytes), promise: written)
    }
}
