import NIOCore

/// The bytes of an HTTP/2 connection, in front of what makes frames of them.
///
/// It reads no more in one turn of the event loop than leaves time for others: what one read brings is small, but its frames may be
/// many. And it sees when the connection is told that it cannot go on, of which the handler behind says nothing.
final class HTTP2Wire: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let turns: TurnQueue
    private var isPaused = false
    /// Bytes of the frame being written that are still to come.
    private var payloadLeft = 0
    /// Whether a GOAWAY with an error has been written (RFC 9113, section 5.4.1).
    private(set) var hasFailed = false

    /// Length, type, flags, stream (section 4.1).
    static let frameHeaderByteCount = 9
    private static let goAway: UInt8 = 7

    /// - Parameter turns: of the connection's event loop.
    init(turns: TurnQueue) { self.turns = turns }

    func read(context: ChannelHandlerContext) {
        guard !isPaused else { return }
        guard turns.unitsLeft <= 0 else { return context.read() }
        isPaused = true
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        turns.append(isMedia: true) { [weak self] in
            guard let self else { return }
            self.isPaused = false
            context.value.read()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(let bytes) = unwrapOutboundIn(data) { follow(bytes) }
        context.write(data, promise: promise)
    }

    /// A frame's first bytes come in one buffer with its header; a long payload comes in another.
    private func follow(_ bytes: ByteBuffer) {
        guard payloadLeft == 0 else { return payloadLeft -= min(payloadLeft, bytes.readableBytes) }
        let start = bytes.readerIndex
        guard let head = bytes.getInteger(at: start, as: UInt32.self) else { return }
        let length = Int(head >> 8)
        payloadLeft = max(0, length - (bytes.readableBytes - Self.frameHeaderByteCount))
        guard UInt8(truncatingIfNeeded: head) == Self.goAway else { return }
        // Behind the last stream comes the error (section 6.8).
        let code = bytes.getInteger(at: start + Self.frameHeaderByteCount + 4, as: UInt32.self)
        if code != 0 { hasFailed = true }
    }
}
