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
    /// Of a frame that is not whole, so much is not counted.
    private static let uncountedByteCount = 64 << 10

    private let lane: RelayLane
    /// Whose share of the memory it is.
    private let client: Int
    private unowned let connection: WebSocketConnection
    private var held = ByteBuffer()
    private var isPaused = false
    private var isWithholdingRead = false
    private var context: ChannelHandlerContext?
    /// Bytes of a frame that the decoder has, of which the end has not come.
    private var unframedByteCount = 0
    private var countedByteCount = 0

    init(_ lane: RelayLane, client: Int, before connection: WebSocketConnection) {
        self.lane = lane
        self.client = client
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = ByteBuffer()
        count(0)
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
            guard lane.turns.unitsLeft > 0 else { return pause() }
            let bite = held.readSlice(length: min(held.readableBytes, Self.biteByteCount))!
            if held.readableBytes == 0 { held = ByteBuffer() }
            let frameCount = connection.frameCount
            unframedByteCount += bite.readableBytes
            context.fireChannelRead(wrapInboundOut(bite))
            let newCount = connection.frameCount - frameCount
            lane.turns.take(1 + newCount * Self.unitsPerFrame)
            if newCount > 0 { unframedByteCount = 0 }
            guard count(unframedByteCount) else {
                held = ByteBuffer()
                return connection.fail(
                    WebSocketEnding(1013, "the relay has no room for so large a frame: try again later"))
            }
        }
    }

    private func pause() {
        isPaused = true
        lane.turns.append(isMedia: true) { [self] in
            isPaused = false
            feed()
            guard !isPaused, isWithholdingRead, let context else { return }
            isWithholdingRead = false
            context.fireChannelReadComplete()
            context.read()
        }
    }

    /// - Returns: whether there is room for them.
    @discardableResult
    private func count(_ byteCount: Int) -> Bool {
        if byteCount == 0, countedByteCount > 0 {
            lane.store.perform(on: lane) { store, _ in store.stopsWaiting(countedByteCount, of: client) }
            countedByteCount = 0
        }
        guard byteCount > countedByteCount + Self.uncountedByteCount else { return true }
        // The decoder's buffer grows to twice its size.
        let more = max(countedByteCount, 2 * Self.uncountedByteCount)
        let hasRoom = lane.store.perform(on: lane) { store, now in store.beginsWaiting(more, of: client, now: now) }
        if hasRoom { countedByteCount += more }
        return hasRoom
    }
}
