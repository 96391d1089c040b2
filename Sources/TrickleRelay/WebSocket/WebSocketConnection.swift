import NIOCore
import NIOWebSocket
import TrickleCore

/// A connection that speaks WebSocket (RFC 6455): its messages, its pings, and its two ends.
///
///     open ── close() ──► closing ── the client's close frame, or 5 s ──► closed
///       └──── the client's close frame is answered ────────────────────────┘
package final class WebSocketConnection: ChannelInboundHandler {
    package typealias InboundIn = WebSocketFrame
    package typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        case closing
        case closed
    }

    /// Between two pings; who has sent nothing at all for two of them is gone.
    static let pingInterval = TimeAmount.seconds(20)
    /// How long the other side has for its close frame, and for what is on its way.
    static let closeTime = TimeAmount.seconds(5)

    private let role: any WebSocketRole
    private var intake = WebSocketIntake()
    private var state = State.open
    private var context: ChannelHandlerContext?
    private var lastHeard = NIODeadline.now()
    private var pings: RepeatedTask?
    private var lastByte: Scheduled<Void>?
    private var said: WebSocketEnding?
    /// Frames that have come; the gate before it counts what a read brings.
    private(set) var frameCount = 0
    /// Sendings of which the system has not taken all bytes.
    private var sendingCount = 0

    package init(_ role: any WebSocketRole) { self.role = role }

    // MARK: For the role

    /// Whether it can be sent something.
    var isOpen: Bool { state == .open && context?.channel.isActive == true }
    /// Whether what was sent has not left yet.
    var isSending: Bool { sendingCount > 0 }
    /// Whether more may be sent before what was has left.
    var isWritable: Bool { isOpen && context?.channel.isWritable == true }

    /// Whether answers wait for a client that does not read them.
    var isClogged: Bool { isOpen && role.answers && !isWritable }

    /// Sends frames as they are; the role hears when they have been taken.
    package func send(_ parts: [ByteBuffer]) {
        guard isOpen, let context, let last = parts.last else { return }
        for part in parts.dropLast() where part.readableBytes > 0 { context.write(wrapOutboundOut(part), promise: nil) }
        let taken = context.eventLoop.makePromise(of: Void.self)
        sendingCount += 1
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in connection.value.hasTaken() }
        context.writeAndFlush(wrapOutboundOut(last), promise: taken)
    }

    /// One message of a single frame.
    package func send(text: String) { send([WebSocketFrames.whole(.text, text.utf8)]) }

    private func hasTaken() {
        sendingCount -= 1
        if isOpen { role.becameWritable() }
    }

    /// Says why, and ends the connection once the other side has answered.
    package func close(_ ending: WebSocketEnding) {
        guard state == .open else { return }
        sendClose(ending)
        state = .closing
    }

    // MARK: The pipeline

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.pingInterval, delay: Self.pingInterval) { _ in
            connection.value.ping()
        }
        role.opened(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { end() }

    package func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        pings?.cancel()
        lastByte?.cancel()
        guard state != .closed || context != nil else { return }
        state = .closed
        context = nil
        role.closed(said)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        frameCount += 1
        lastHeard = .now()
        guard state != .closed else { return }
        let payload = frame.unmaskedData
        do throws(WebSocketEnding) {
            let event = try intake.take(
                WebSocketFrameKind(rawValue: UInt8(webSocketOpcode: frame.opcode)), isFinal: frame.fin,
                isReserved: frame.rsv1 || frame.rsv2 || frame.rsv3, isMasked: frame.maskKey != nil,
                payload: payload.readableBytesView)
            switch event {
            case .data(let isText, let begins, let ends) where state == .open:
                try role.received(payload, isText: isText, begins: begins, ends: ends)
            // Who does not read gets no answers to keep for it (RFC 6455, section 5.5.3, wants the last one's).
            case .ping where isWritable:
                context.writeAndFlush(
                    wrapOutboundOut(WebSocketFrames.whole(.pong, payload.readableBytesView)), promise: nil)
            case .close(let ending): clientCloses(ending)
            case .data, .ping, .pong, nil: break
            }
        } catch {
            fail(error)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? NIOWebSocketError {
        case .invalidFrameLength: fail(WebSocketEnding(1009, "the frame is larger than the relay takes"))
        case .some: fail(.broken("a control frame is short, and not fragmented"))
        case nil: context.fireErrorCaught(error)
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isWritable { role.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? SwitchedConnectionEvent {
        case .relayDrains: close(WebSocketEnding(1001, "the relay is going down"))
        case .accessEnded: close(WebSocketEnding(1008, "what let you in has ended"))
        case nil: break
        }
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    // MARK: Ends

    /// The client has broken a rule: nothing that it sends from now on counts.
    func fail(_ ending: WebSocketEnding) {
        if state == .open { sendClose(ending) }
        state = .closed
        closeWhenSent()
    }

    private func clientCloses(_ ending: WebSocketEnding?) {
        said = ending ?? WebSocketEnding(1005, "")
        if state == .open { sendClose(ending.map { WebSocketEnding($0.code, "") }) }
        state = .closed
        closeWhenSent()
    }

    /// - Parameter ending: nil for a frame that says nothing.
    private func sendClose(_ ending: WebSocketEnding?) {
        guard let context else { return }
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrames.whole(.close, ending?.payload ?? [])), promise: nil)
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        lastByte = context.eventLoop.scheduleTask(in: Self.closeTime) {
            connection.value.context?.close(promise: nil)
        }
    }

    private func closeWhenSent() {
        guard let context else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    private func ping() {
        guard isOpen, let context else { return }
        if lastHeard + Self.pingInterval * 2 <= .now() { return context.close(promise: nil) }
        if isWritable, !isSending {
            context.writeAndFlush(wrapOutboundOut(WebSocketFrames.whole(.ping, [])), promise: nil)
        }
    }
}
