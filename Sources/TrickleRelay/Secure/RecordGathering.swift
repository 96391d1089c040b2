import NIOCore

/// Makes one record of TLS of what is written between two flushes, as far as one holds it (RFC 8446, section 5.1).
///
/// A record costs more than a copy of a few bytes does, and much comes in small buffers: the head of an HTTP/2 frame, the pieces
/// of a segment.
final class RecordGathering: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var gathered = ByteBuffer()
    /// Whether the bytes are a copy, and no buffer that others read, too.
    private var isCopy = false
    private var promise: EventLoopPromise<Void>?

    /// Plain bytes in the longest record.
    static let recordByteCount = 1 << 14

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        let byteCount = gathered.readableBytes + bytes.readableBytes
        if gathered.readableBytes == 0 || byteCount > Self.recordByteCount {
            pass(context)
            (gathered, isCopy) = (bytes, false)
        } else {
            if !isCopy {
                var copy = context.channel.allocator.buffer(capacity: byteCount)
                copy.writeBuffer(&gathered)
                (gathered, isCopy) = (copy, true)
            }
            gathered.writeBuffer(&bytes)
        }
        if let promise { self.promise.setOrCascade(to: promise) }
    }

    func flush(context: ChannelHandlerContext) {
        pass(context)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise.take()?.fail(ChannelError.ioOnClosedChannel)
    }

    /// Passes on what has been gathered.
    private func pass(_ context: ChannelHandlerContext) {
        let promise = promise.take()
        guard gathered.readableBytes > 0 || promise != nil else { return }
        let bytes = gathered
        (gathered, isCopy) = (ByteBuffer(), false)
        context.write(wrapOutboundOut(bytes), promise: promise)
    }
}
