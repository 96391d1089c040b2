import NIOCore
import NIOTLS

/// Waits for the end of TLS' handshake, lets the protocol that was chosen have the connection, and leaves.
final class SecureStart: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let lane: RelayLane
    /// The connection's place; nil when whoever has the connection has that, too.
    private var seat: ClientSeat?
    private let handshakeTurns: HandshakeTurns?
    private var deadline: Scheduled<Void>?

    /// - Parameter handshakeTurns: leaves with the handshake's end.
    init(lane: RelayLane, seat: ClientSeat, handshakeTurns: HandshakeTurns? = nil) {
        self.lane = lane
        self.seat = seat
        self.handshakeTurns = handshakeTurns
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        let timeout = TimeAmount(lane.configuration.headTimeout)
        deadline = lane.eventLoop.assumeIsolated().scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        seat.take()?.giveBack()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let header as ProxyHeaderHandler.Named:
            // There is no way to say it before the handshake.
            if let client = header.client, seat?.named(client) == false { context.close(promise: nil) }
        case TLSUserEvent.handshakeCompleted(let negotiatedProtocol): begin(context, negotiatedProtocol)
        case _: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let seat else { return context.fireErrorCaught(error) }
        lane.logger.debug("a handshake of TLS failed: \(error)", metadata: ["client": "\(seat.client)"])
        context.close(promise: nil)
    }

    private func begin(_ context: ChannelHandlerContext, _ name: String?) {
        guard let seat = seat.take() else { return }
        seat.isSecure = true
        do {
            if name == "h2" {
                try HTTP2Connection.begin(on: context.channel, lane, seat)
            } else {
                try RelayServer.configure(context.channel, HTTP1Connection(lane: lane, descriptor: nil, seat: seat))
            }
            let pipeline = context.pipeline.syncOperations
            if let handshakeTurns { pipeline.removeHandler(handshakeTurns, promise: nil) }
            pipeline.removeHandler(self, promise: nil)
        } catch {
            seat.giveBack()
            context.close(promise: nil)
        }
    }
}
