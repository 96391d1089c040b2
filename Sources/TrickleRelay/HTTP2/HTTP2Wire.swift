import NIOCore

/// The bytes of an HTTP/2 connection, in front of what makes frames of them.
///
/// It reads no more in one turn of the event loop than leaves time for others: what one read brings is small, but its frames may be
/// many. It sees when the connection is told that it cannot go on, of which the handler behind says nothing.
///
/// And it makes the frames of bodies itself, for most of what is sent is bodies. So it keeps back what the client says of their
/// windows: those of the handler behind are never drawn on.
final class HTTP2Wire: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    private let turns: TurnQueue
    private var context: ChannelHandlerContext?
    private var reader = HTTP2FlowReader()
    private var outflow = HTTP2Outflow()
    private var isPaused = false
    private var isWritable = true
    /// How many have begun to write and have not said that they are through: nothing is flushed before.
    private var writers = 0
    private var isFlushDue = false
    /// Bytes of the frame being written that are still to come.
    private var payloadLeft = 0
    /// Whether a GOAWAY with an error has been written (RFC 9113, section 5.4.1).
    private(set) var hasFailed = false

    /// Length, type, flags, stream (section 4.1).
    static let frameHeaderByteCount = 9
    private enum FrameType {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
    }
    /// The connection says whether it takes more when so much is flushed.
    private static let byteCountPerFlush = 64 << 10

    /// - Parameter turns: of the connection's event loop.
    init(turns: TurnQueue) { self.turns = turns }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: What comes

    func read(context: ChannelHandlerContext) {
        guard !isPaused else { return }
        guard turns.unitsLeft <= 0 else { return context.read() }
        isPaused = true
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        turns.append(isMedia: true) { [self] in
            isPaused = false
            context.value.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        while let event = reader.next() {
            switch event {
            case .bytes(let bytes): context.fireChannelRead(wrapInboundOut(bytes))
            case .windowUpdate(let id, let increment, let frame): widen(context, id, by: increment, frame)
            case .settings(let window, let frameByteCount, let frame):
                let isPossible = outflow.set(window: window, frameByteCount: frameByteCount)
                context.fireChannelRead(wrapInboundOut(frame))
                if !isPossible { overflow(context, 0) }
                write {}
            }
        }
    }

    private func widen(_ context: ChannelHandlerContext, _ id: Int, by increment: Int, _ frame: ByteBuffer) {
        // The handler behind has the answer to a window of nothing, and to one of a stream that is not there.
        guard increment > 0, let isPossible = outflow.widen(id, by: increment) else {
            return context.fireChannelRead(wrapInboundOut(frame))
        }
        if isPossible { write {} } else { overflow(context, id) }
    }

    /// Has the handler behind answer that a window is too wide (section 6.9.1): twice the widest is, whatever it was.
    private func overflow(_ context: ChannelHandlerContext, _ id: Int) {
        var frame = ByteBuffer()
        let length = UInt32(MemoryLayout<UInt32>.size)
        frame.writeMultipleIntegers(
            length << 8 | UInt32(FrameType.windowUpdate), UInt8(0), UInt32(id), UInt32(HTTP2Outflow.largestWindow))
        context.fireChannelRead(wrapInboundOut(frame))
        if id != 0 { context.fireChannelRead(wrapInboundOut(frame)) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        context.fireChannelWritabilityChanged()
        if isWritable { write {} }
    }

    // MARK: Bodies

    /// A stream has begun.
    func open(_ id: Int) -> HTTP2Flow { outflow.open(id) }

    /// A stream has ended: what of it has not left will not.
    func close(_ flow: HTTP2Flow) { outflow.close(flow) }

    /// Flushes what `body` writes, and what has waited, together.
    func write(_ body: () -> Void) {
        writers += 1
        body()
        if writers == 1 { sendWaiting() }
        writers -= 1
        guard writers == 0, isFlushDue else { return }
        isFlushDue = false
        context?.flush()
    }

    /// Adds to a stream's body. Within ``write(_:)`` only.
    func append(_ bytes: ByteBuffer, to flow: HTTP2Flow) {
        let byteCount = bytes.readableBytes
        guard byteCount > 0 else { return }
        guard let context, isWritable, byteCount <= outflow.room(for: flow) else {
            return outflow.wait(bytes, on: flow)
        }
        outflow.sends(byteCount, on: flow)
        context.write(wrapOutboundOut(frame(bytes, flow)), promise: nil)
        isFlushDue = true
    }

    /// Sends bytes of a stream's body at once.
    ///
    /// - Returns: false if they have to wait. Nothing is done then.
    func send(_ bytes: ByteBuffer, on flow: HTTP2Flow) -> Bool {
        guard let context, isWritable, writers == 0, bytes.readableBytes <= outflow.room(for: flow) else {
            return false
        }
        outflow.sends(bytes.readableBytes, on: flow)
        context.writeAndFlush(wrapOutboundOut(frame(bytes, flow)), promise: nil)
        return true
    }

    private func frame(_ bytes: ByteBuffer, _ flow: HTTP2Flow) -> ByteBuffer {
        let byteCount = bytes.readableBytes
        var frame = ByteBufferAllocator().buffer(capacity: Self.frameHeaderByteCount + byteCount)
        frame.writeMultipleIntegers(UInt32(byteCount << 8) | UInt32(FrameType.data), UInt8(0), UInt32(flow.id))
        frame.writeImmutableBuffer(bytes)
        return frame
    }

    private func sendWaiting() {
        var unflushed = 0
        while isWritable, let context, let (bytes, flow) = outflow.next() {
            context.write(wrapOutboundOut(frame(bytes, flow)), promise: nil)
            isFlushDue = true
            unflushed += bytes.readableBytes
            if flow.isEmpty { flow.sender?.drained() }
            if unflushed >= Self.byteCountPerFlush {
                unflushed = 0
                context.flush()
            }
        }
    }

    // MARK: All other frames

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(let bytes) = unwrapOutboundIn(data) { follow(bytes) }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        isFlushDue = true
        write {}
    }

    /// A frame's first bytes come in one buffer with its header; a long payload comes in another.
    private func follow(_ bytes: ByteBuffer) {
        guard payloadLeft == 0 else { return payloadLeft -= min(payloadLeft, bytes.readableBytes) }
        let start = bytes.readerIndex
        guard let head = bytes.getInteger(at: start, as: UInt32.self) else { return }
        let length = Int(head >> 8)
        payloadLeft = max(0, length - (bytes.readableBytes - Self.frameHeaderByteCount))
        switch UInt8(truncatingIfNeeded: head) {
        case FrameType.headers:
            if let id = bytes.getInteger(at: start + 5, as: UInt32.self) { outflow.headLeft(Int(id)) }
        case FrameType.goAway:
            // Behind the last stream comes the error (section 6.8).
            let code = bytes.getInteger(at: start + Self.frameHeaderByteCount + 4, as: UInt32.self)
            if code != 0 { hasFailed = true }
        case _: break
        }
    }
}
