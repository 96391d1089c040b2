import NIOCore

/// One of a tunnel's two connections: what comes on it goes to the other, and its end as what it is.
///
/// It reads no more while the other takes no more.
final class TunnelEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let abortHandler: AbortHandler
    /// The other connection, where it is open.
    private var partner: TunnelEnd?
    private var isJoined = false
    /// What came before there was another connection; no more than the system held.
    private var early: [ByteBuffer] = []
    private var context: ChannelHandlerContext?
    private var hasFailed = false
    private var hasInputEnded = false
    private var hasOutputEnded = false

    init(_ abortHandler: AbortHandler) { self.abortHandler = abortHandler }

    /// Joins the two, both open.
    static func join(_ one: TunnelEnd, _ other: TunnelEnd) {
        one.join(other)
        other.join(one)
    }

    private func join(_ other: TunnelEnd) {
        if hasFailed || context == nil { return other.abort() }
        partner = other
        isJoined = true
        for bytes in early { other.write(bytes) }
        early = []
        other.context?.flush()
        if hasInputEnded { other.endOutput() } else { context?.read() }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: What this connection says

    func channelActive(context: ChannelHandlerContext) {
        // A read that was asked for before is forgotten.
        if isJoined { context.read() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isJoined { partner?.write(unwrapInboundIn(data)) } else { early.append(unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        readMore()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readMore() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if hasFailed { return }
        hasInputEnded = true
        partner?.endOutput()
        closeIfOver()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail() }

    func channelInactive(context: ChannelHandlerContext) {
        // Where it said the end of what it sends last, TLS has closed it before it could tell.
        if hasOutputEnded, !hasFailed { partner?.endOutput() } else { partner?.abort() }
        partner = nil
        context.fireChannelInactive()
    }

    // MARK: What the other asks

    private func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    private func readMore() {
        if let partner, partner.context?.channel.isWritable == true, !hasInputEnded { context?.read() }
    }

    /// Ends its sending side behind all that has been written.
    private func endOutput() {
        guard let context, !hasOutputEnded else { return }
        hasOutputEnded = true
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
            self.closeIfOver()
        }
    }

    private func closeIfOver() {
        if hasInputEnded, hasOutputEnded { context?.close(promise: nil) }
    }

    private func fail() {
        guard !hasFailed else { return }
        hasFailed = true
        partner?.abort()
        abort()
    }

    private func abort() {
        hasFailed = true
        abortHandler.abort()
    }
}
