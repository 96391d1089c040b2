import NIOCore
import TrickleRelay

extension ProtocolSwitch {
    /// Sends back what comes.
    static let echo = ProtocolSwitch(to: "echo") { channel in
        try channel.pipeline.syncOperations.addHandler(EchoHandler())
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.channel.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SwitchedConnectionEvent { context.close(promise: nil) }
    }
}
