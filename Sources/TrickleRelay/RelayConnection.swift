import Logging
import NIOCore
import NIOHTTP1
import TrickleCore

/// One client's HTTP/1 connection: takes one request after the other from its ``RequestGate``, and hands each to an ``Exchange``.
///
///     reading a head ─► reading a body ─► answering ─► reading a head …
///                            │ POST of a segment: both at once
///                            └─ answered before its end, or Connection: close ─► lingering ─► closed
///
/// Answers are written as ready bytes: pieces and shared heads pass through untouched.
final class RelayConnection: ChannelDuplexHandler, RequestGate.Keeper {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case idle
        /// The answer begins when the body has ended.
        case readingBody(any Exchange)
        case answering(any Exchange)
        /// The last answer has been written; what still comes is thrown away until the client closes.
        case lingering
        case closed
    }

    let lane: RelayLane
    private let socket: SendingSocket
    /// Whom it is for.
    let seat: ClientSeat
    /// What lets requests in; nil where parts of them come from elsewhere.
    var gate: RequestGate? { didSet { gate?.keeper = self } }
    private var deadlines = ClientDeadlines()
    /// nil outside the pipeline: the context holds the connection, too.
    private var context: ChannelHandlerContext?
    /// The context's: asked for at every piece, and not as cheap there.
    private var channel: (any Channel)?
    private var phase = Phase.idle
    /// What it has been used for so far.
    var use = ConnectionUse.unknown
    /// Whether the body of the current request has ended.
    private var requestHasEnded = true
    /// How long a client may take to close when the last answer has left.
    private static let lingerTime = Duration.seconds(5)

    /// Reads in one go while a segment is published. What other clients send is small, and one read is all that waits of it.
    private static let publishingReadsPerTurn: UInt = 8

    /// A connection is writable when it has nothing left to write: what is sent past its queue stays in order then.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: 1)

    /// - Parameters:
    ///   - descriptor: the socket, which the connection's NIO channel owns.
    ///   - seat: its place in the census, given back at its end.
    init(lane: RelayLane, descriptor: Int32, seat: ClientSeat) {
        self.lane = lane
        socket = SendingSocket(descriptor: descriptor)
        self.seat = seat
    }

    // MARK: What the network says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channel = nil
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        lane.connections[ObjectIdentifier(self)] = self
        awaitHead()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let exchange = currentExchange
        phase = .closed
        lane.connections[ObjectIdentifier(self)] = nil
        seat.leave()
        exchange?.cancelled()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        watchParts()
        currentExchange?.readComplete()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ProxyHeaderHandler.Begun:
            deadlines.awaitRest(within: lane.configuration.headTimeout)
        case let header as ProxyHeaderHandler.Named:
            // The header is no part of a request's head.
            awaitHead()
            if let client = header.client, !seat.named(client) { refuse(.tooManyConnections) }
        case _: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .lingering, .closed: return
        case .answering(let exchange) where requestHasEnded:
            breakOff(exchange)
        case .idle, .readingBody, .answering:
            guard let problem = RequestProblem(framing: error) else {
                let exchange = currentExchange
                phase = .idle
                exchange?.cancelled()
                context.close(promise: nil)
                return
            }
            refuse(problem)
        }
    }

    /// Answers what is no request, or not a whole one, and ends the connection.
    private func refuse(_ problem: RequestProblem) {
        let exchange = currentExchange
        phase = .idle
        exchange?.cancelled()
        requestHasEnded = false
        answer(ResponseHead(problem), body: problem.body)
    }

    /// To be called about once a second.
    func checkDeadlines(now: NIODeadline) {
        guard let missed = deadlines.missed(by: now) else { return }
        switch (missed, phase) {
        case (.taking, _):
            lane.counts.readersStalled += 1
            lane.logger.notice(
                "a client took nothing for \(lane.configuration.readerTimeout): it was cut off",
                metadata: currentExchange?.logMetadata ?? [:])
            close()
        case (.arrival, .idle): closeAfterReading()
        case (.arrival, _): close()
        case (.rest, .answering(let exchange)) where requestHasEnded:
            // A head has begun behind the request that is being answered.
            breakOff(exchange)
        case (.rest, _):
            let seconds = lane.configuration.headTimeout.components.seconds
            let part = if case .idle = phase { "head" } else { "body" }
            refuse(RequestProblem(status: 408, reason: "the request's \(part) took longer than \(seconds) s"))
        }
    }

    private func awaitHead() {
        let configuration = lane.configuration
        deadlines.await(
            within: use == .reading ? configuration.keepAliveTimeout : configuration.publisherKeepAliveTimeout)
    }

    /// Since when the connection has been silent; nil while something is under way on it.
    var silence: NIODeadline? {
        if case .idle = phase { deadlines.silentSince } else { nil }
    }

    /// Looks for a head, a chunk's line or a trailer that has begun and not ended. The bytes of a segment may be silent.
    private func watchParts() {
        guard let gate else { return }
        let element: Int?
        switch phase {
        case .idle: element = gate.isInsideElement ? gate.elementCount : nil
        case .answering where requestHasEnded: element = gate.holdsBegunHead ? gate.elementCount + 1 : nil
        case .answering: element = gate.isInsideElement ? gate.elementCount : nil
        case .readingBody, .lingering, .closed: return
        }
        deadlines.follow(element, within: lane.configuration.headTimeout)
    }

    /// The relay goes down.
    func relayDrains() {
        switch phase {
        // Its last answer has left; many clients see a half-closed connection only when they use it again.
        case .idle where isWritable: close()
        case .idle: closeAfterReading()
        case .readingBody(let exchange), .answering(let exchange): exchange.relayDrains()
        case .lingering, .closed: break
        }
    }

    /// Ends the connection behind a whole request: only its end can tell now that something is wrong.
    private func breakOff(_ exchange: any Exchange) {
        phase = .closed
        exchange.cancelled()
        close()
    }

    func close() { context?.close(promise: nil) }

    /// The client's address, for the log.
    var clientAddress: String { seat.client.description }

    // MARK: Requests

    private var currentExchange: (any Exchange)? {
        switch phase {
        case .readingBody(let exchange), .answering(let exchange): exchange
        case .idle, .lingering, .closed: nil
        }
    }

    /// What follows a request waits until its answer is on its way: then the connection is idle, and nothing is left to write.
    var takesBytes: Bool {
        switch phase {
        case .idle: isWritable
        case .readingBody, .lingering, .closed: true
        case .answering: !requestHasEnded
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch (part, phase) {
        case (.head(let head), .idle):
            requestHasEnded = false
            let request = RelayRequest(head)
            gate?.headEnded(framing: request.framing)
            deadlines.nothingIsDue()
            let exchange = exchange(for: request)
            if exchange.startsAtHead, request.hasBody {
                phase = .answering(exchange)
                setReadsPerTurn(Self.publishingReadsPerTurn)
                exchange.start()
            } else {
                // Nobody wants this body, so that it has to come as soon as a head.
                if request.hasBody { deadlines.awaitRest(within: lane.configuration.headTimeout) }
                phase = .readingBody(exchange)
                if request.hasBody, request.expectsContinue { sendContinue() }
            }
        case (.body(let bytes), .answering(let exchange)):
            exchange.received(bytes)
        case (.end, .readingBody(let exchange)):
            requestHasEnded = true
            deadlines.nothingIsDue()
            phase = .answering(exchange)
            exchange.start()
            exchange.receivedEnd()
        case (.end, .answering(let exchange)):
            requestHasEnded = true
            setReadsPerTurn(1)
            deadlines.nothingIsDue()
            exchange.receivedEnd()
        default: break
        }
    }

    private func setReadsPerTurn(_ count: UInt) {
        // The channel of a connection that has gone takes none.
        try? channel?.syncOptions?.setOption(.maxMessagesPerRead, value: count)
    }

    private func exchange(for request: RelayRequest) -> any Exchange {
        if seat.isProxy, !seat.requested(for: request.forwardedFor) {
            return AnswerExchange(self, request, refusal: .tooManyConnections)
        }
        return lane.exchange(for: request, on: self)
    }

    // MARK: Answers

    /// Whether NIO's queue is empty.
    private(set) var isWritable = true
    var eventLoop: any EventLoop { lane.eventLoop }

    /// Puts bytes into NIO's queue; they leave with the next ``flush()``.
    private func write(_ bytes: ByteBuffer) {
        if isWritable {
            isWritable = false
            deadlines.mustTake(within: lane.configuration.readerTimeout)
        }
        guard let context else { return }
        // A single byte is below the water mark, of which NIO says nothing.
        var written: EventLoopPromise<Void>?
        if bytes.readableBytes <= 1 {
            written = lane.eventLoop.makePromise()
            let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
            written?.futureResult.whenSuccess { connection.value.becameWritable() }
        }
        context.write(wrapOutboundOut(bytes), promise: written)
    }

    private func becameWritable() {
        guard !isWritable, let channel, channel.isWritable else { return }
        isWritable = true
        switch phase {
        case .idle:
            deadlines.hasTaken()
            awaitHead()
            gate?.resume()
        case .lingering: break
        case .readingBody, .answering, .closed:
            deadlines.hasTaken()
            currentExchange?.writable()
        }
    }

    private func flush() { context?.flush() }

    /// Sends at once, past NIO's queue: for a connection that is writable, which is what an empty queue makes it.
    ///
    /// What the socket does not take goes through the queue, and makes the connection unwritable until it has left.
    ///
    /// - Parameter rest: the end of the bytes from an offset on, as a buffer.
    func send(_ bytes: UnsafeRawBufferPointer, rest: (Int) -> ByteBuffer) {
        guard isOpen else { return }
        let sent = max(0, socket.send(bytes))
        lane.budget.send(sent)
        guard sent != bytes.count else { return }
        write(rest(sent))
        flush()
    }

    /// As above, of several buffers; on a connection that is not writable they go to the queue's end.
    func send(_ buffers: [ByteBuffer]) {
        guard isWritable else {
            for buffer in buffers { write(buffer) }
            return flush()
        }
        guard isOpen else { return }
        var sent = max(0, socket.send(buffers))
        lane.budget.send(sent)
        for buffer in buffers {
            let count = min(sent, buffer.readableBytes)
            sent -= count
            if count < buffer.readableBytes { write(buffer.from(count)) }
        }
        if !isWritable { flush() }
    }

    /// Asks for the request's body (RFC 9110, section 10.1.1), or says that it is still waited for.
    func sendContinue() { send([ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")]) }

    /// Whether the descriptor is this connection's: NIO closes it before it says so, and the number may be another's by then.
    private var isOpen: Bool { channel?.isActive ?? false }

    /// Lets another exchange give the answer of which nothing has been written.
    func handOver(to exchange: any Exchange) {
        guard case .answering = phase else { return }
        phase = .answering(exchange)
        exchange.start()
    }

    /// Whether a request can follow the one that is being answered.
    func canGoOn(after request: RelayRequest) -> Bool {
        request.keepsAlive && requestHasEnded && !lane.isDraining
    }

    /// Writes a whole answer.
    ///
    /// - Parameter request: the request; nil when its framing was broken: the connection ends then.
    func answer(_ head: ResponseHead, body: String = "", to request: RelayRequest? = nil) {
        answer(head, body: ByteBuffer(string: body), to: request)
    }

    /// As above, with a body of any bytes, which are not copied.
    func answer(_ head: ResponseHead, body: ByteBuffer, to request: RelayRequest?) {
        if let reason = head.refusal {
            lane.counts.refusals[Refusal(status: head.status, reason: reason), default: 0] += 1
        }
        var head = head
        let goesOn = request.map(canGoOn) ?? false
        // What a HEAD is told of a body's length is the segment's affair.
        let hasBody = body.readableBytes > 0 && request?.method != .head
        if head.status != 204, head.status != 304, request?.method != .head || body.readableBytes > 0 {
            head.add("Content-Length", body.readableBytes)
        }
        if !goesOn { head.add("Connection", "close") }
        let bytes = head.encoded(now: lane.date())
        send(hasBody ? [bytes, body] : [bytes])
        answerEnded(goesOn: goesOn)
    }

    /// The answer has been written and flushed.
    func answerEnded(goesOn: Bool) {
        switch phase {
        case .lingering, .closed: return
        case .idle, .readingBody, .answering: break
        }
        if seat.isProxy { seat.answered() }
        guard goesOn else { return closeAfterReading() }
        phase = .idle
        deadlines.nothingIsDue()
        guard isWritable else { return }
        awaitHead()
        gate?.resume()
    }

    /// Ends the connection so that its last bytes are read: a close with bytes unread would reset it (RFC 9112, section 9.6).
    private func closeAfterReading() {
        phase = .lingering
        deadlines.nothingIsDue()
        deadlines.mustTake(within: lane.configuration.readerTimeout)
        guard let context else { return }
        let flushed = lane.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
        let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
        flushed.futureResult.whenSuccess { connection.value.lastByteHasLeft() }
        gate?.discard()
    }

    /// The client reads the last answer, and closes, in its own time, but not for ever.
    private func lastByteHasLeft() {
        deadlines.hasTaken()
        deadlines.await(within: Self.lingerTime)
        context?.close(mode: .output, promise: nil)
    }

    /// Ends the connection in the middle of an answer, so that nobody takes it for the end.
    ///
    /// - Parameter resets: with a reset, for readers to whom an orderly close is the end of the body.
    func cut(resets: Bool) {
        phase = .closed
        lane.budget.send(TurnBudget.bytesPerCut)
        guard resets, let socket = channel as? any SocketOptionProvider else { return close() }
        socket.setSoLinger(SendingSocket.reset).assumeIsolated().whenComplete { _ in self.close() }
    }
}
