import NIOCore

/// A case's connection: its requests, one after the other, and the bytes of their answers.
final class GatewayRequests: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let abortHandler: AbortHandler
    private let target: ConformanceTarget
    private var reader = HTTP1RequestReader()
    private var connection: GatewayConnection?
    private var exchange: GatewayExchange?
    private var context: ChannelHandlerContext?
    /// The case sends nothing more.
    private var hasInputEnded = false
    /// All has been answered that will be; what the case sends yet is dropped.
    private var isOver = false

    init(_ abortHandler: AbortHandler, _ target: ConformanceTarget) {
        self.abortHandler = abortHandler
        self.target = target
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// There is a connection to the relay.
    func begin(on connection: GatewayConnection) {
        guard context != nil else { return connection.close() }
        self.connection = connection
        proceed()
    }

    // MARK: What the case sends

    func channelActive(context: ChannelHandlerContext) {
        // A read that was asked for before is forgotten.
        proceed()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isOver { reader.append(unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { proceed() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputEnded = true
        // A case that reads and says that it is over has gone; who has sent something may wait for the answer.
        if let exchange, exchange.isRequestWhole, exchange.isReading { leave() } else { proceed() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { exchange?.readMore() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        leave()
        abortHandler.abort()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// Passes on what can be, and asks for more.
    func proceed() {
        guard let context else { return }
        if isOver {
            if hasInputEnded { context.close(promise: nil) } else { context.read() }
            return
        }
        do {
            while let connection {
                if let exchange, !exchange.takesBody { return exchange.flush() }
                guard let part = try reader.next() else {
                    exchange?.flush()
                    if !hasInputEnded {
                        context.read()
                    } else if exchange == nil, reader.isBetweenRequests {
                        endOutput()
                    } else {
                        leave()
                    }
                    return
                }
                switch part {
                case .head(let head):
                    let new = GatewayExchange(head, to: target, for: self)
                    exchange = new
                    connection.open(new)
                case .body(let bytes): exchange?.send(bytes)
                case .end(let trailers): exchange?.end(trailers)
                }
            }
        } catch {
            abort()
        }
    }

    /// The case has gone: its stream is cancelled.
    private func leave() {
        let exchange = exchange
        self.exchange = nil
        isOver = true
        exchange?.cancel()
        connection?.close()
        connection = nil
        if hasInputEnded { context?.close(promise: nil) }
    }

    // MARK: What the relay answers

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }
    func flush() { context?.flush() }

    /// An answer has been written as a whole.
    ///
    /// - Parameter isLast: whether HTTP/1.1 allows no other after it.
    func answered(isLast: Bool) {
        guard let context, let exchange else { return }
        context.flush()
        self.exchange = nil
        if !isLast { return proceed() }
        exchange.cancel()
        endOutput()
    }

    /// The relay has closed the connection.
    func connectionEnded() {
        connection = nil
        guard exchange == nil else { return abort() }
        if !isOver { endOutput() }
    }

    /// The connection to the relay broke. What has been answered stays so.
    func connectionFailed() { if !isOver { abort() } }

    /// Something is lost: the case's connection is reset, and nothing that it has begun comes to a proper end.
    func abort() {
        let exchange = exchange
        self.exchange = nil
        isOver = true
        exchange?.cancel()
        connection?.close()
        connection = nil
        abortHandler.abort()
    }

    /// Says that nothing more is answered, and reads on: a reset would destroy what the case has not read yet.
    private func endOutput() {
        guard let context else { return }
        isOver = true
        connection?.close()
        connection = nil
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
        proceed()
    }
}
