import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The first handler of a connection: it ends it by a reset, past all that stands behind it.
final class AbortHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes in such a way that the peer sees a reset, whatever has not been sent yet.
    func abort() {
        guard let context, context.channel.isActive else { return }
        let options = context.channel as? any SocketOptionProvider
        _ = options?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
    }
}
