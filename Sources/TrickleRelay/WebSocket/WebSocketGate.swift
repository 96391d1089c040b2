import NIOCore
import TrickleCore

/// Hands what a WebSocket client sends on in bites, so that a read full of small frames does not hold the event loop, and counts what of a
/// large frame waits for its end as the relay's memory.
final class WebSocketGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let biteByteCount = 4 << 10
    /// What a frame takes up of a turn: as much as a head.
    private static let unitsPerFrame = 4

    private let lane: RelayLane
    private unowned let connection: WebSocketConnection
    private var held = ByteBuffer()
    private var isPaused = false
    /// Whether it goes on when the client has taken answers.
    private var waitsForClient = false
    private var isWithholdingRead = false
    private var context: ChannelHandlerContext?
    /// Bytes of a frame that the decoder has, of which the end has not come.
    private var unframedByteCount = 0
    private let waiting: WaitingBytes

    /// - Parameter client: whose share of the memory it is.
    init(_ lane: RelayLane, client: ClientAddress, before connection: WebSocketConnection) {
        self.lane = lane
        self.connection = connection
        waiting = WaitingBytes(of: client, in: lane.store)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = ByteBuffer()
        waiting.release()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        held.writeImmutableBuffer(unwrapInboundIn(data))
        if !isPaused { feed() }
    }

    func read(context: ChannelHandlerContext) {
        isWithholdingRead = isPaused
        if !isPaused { context.read() }
    }

    private func feed() {
        while let context, held.readableBytes > 0 {
            // Who does not read the answers gets no more of them to keep.
            guard !connection.isClogged else {
                (isPaused, waitsForClient) = (true, true)
                return
            }
            guard lane.turns.unitsLeft > 0 else { return pause() }
            let bite = held.readSlice(length: min(held.readableBytes, Self.biteByteCount))!
            if held.readableBytes == 0 { held = ByteBuffer() }
            let frameCount = connection.frameCount
            unframedByteCount += bite.readableBytes
            context.fireChannelRead(wrapInboundOut(bite))
            let newCount = connection.frameCount - frameCount
            lane.turns.take(1 + newCount * Self.unitsPerFrame)
            if newCount > 0 {
                unframedByteCount = 0
                waiting.release()
            }
            guard waiting.grow(to: unframedByteCount) else {
                held = ByteBuffer()
                return connection.fail(
                    WebSocketEnding(1013, "the relay has no room for so large a frame: try again later"))
            }
        }
    }

    private func pause() {
        isPaused = true
        lane.turns.append(isMedia: true) { [self] in goOn() }
    }

    private func goOn() {
        isPaused = false
        feed()
        guard !isPaused, isWithholdingRead, let context else { return }
        isWithholdingRead = false
        context.fireChannelReadComplete()
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.fireChannelWritabilityChanged()
        guard waitsForClient, !connection.isClogged else { return }
        waitsForClient = false
        goOn()
    }
}
