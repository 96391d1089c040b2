import NIOCore

/// Has the handshakes of a crowd wait for their turns: each takes as long as many requests.
///
/// It stands before TLS, and leaves when the handshake is over.
final class HandshakeTurns: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What one read of a handshake takes up: five fill a turn.
    private static let unitsPerRead = TurnQueue.allowance / 5

    private let turns: TurnQueue
    private var context: ChannelHandlerContext?
    /// What has come, while the event loop looks after others.
    private var waiting: ByteBuffer?
    private var isWithholdingRead = false

    /// - Parameter turns: of the connection's event loop.
    init(turns: TurnQueue) { self.turns = turns }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        waiting = nil
    }

    /// The handshake is over. What has come behind it, and waits, is a request.
    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        passOn()
        context.leavePipeline(removalToken: removalToken)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if waiting != nil {
            waiting!.writeImmutableBuffer(bytes)
        } else if turns.unitsLeft > 0 {
            pass(bytes, in: context)
        } else {
            waiting = bytes
            turns.append { self.passOn() }
        }
    }

    private func passOn() {
        guard let context, let bytes = waiting.take() else { return }
        let channel = context.channel
        pass(bytes, in: context)
        // Where that was the handshake's end, the handler has left meanwhile: nothing goes through its context any more.
        channel.pipeline.fireChannelReadComplete()
        guard isWithholdingRead else { return }
        isWithholdingRead = false
        channel.read()
    }

    private func pass(_ bytes: ByteBuffer, in context: ChannelHandlerContext) {
        turns.take(Self.unitsPerRead)
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    /// Nothing more is read while something waits.
    func read(context: ChannelHandlerContext) {
        isWithholdingRead = waiting != nil
        if !isWithholdingRead { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Whoever sends no more comes to no end of a handshake.
        if event as? ChannelEvent == .inputClosed, waiting.take() != nil { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
