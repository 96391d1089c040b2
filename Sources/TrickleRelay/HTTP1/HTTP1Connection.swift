import Logging
import NIOCore
import NIOHTTP1
import TrickleCore

/// One client's HTTP/1 connection: takes one request after the other from its ``RequestGate``, and hands each to an ``Exchange``.
///
/// What may follow what is in ``HTTP1State``; how answers are written is in `HTTP1Connection+Writing`.
final class HTTP1Connection: ChannelDuplexHandler, RemovableChannelHandler, RequestGate.Keeper, ClientConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let lane: RelayLane
    /// nil where other handlers may come between this one and the socket: then all bytes go through the pipeline.
    let socket: SendingSocket?
    /// Whom it is for.
    let seat: ClientSeat
    /// What lets requests in; nil where parts of them come from elsewhere.
    var gate: RequestGate? { didSet { gate?.keeper = self } }
    var deadlines = ClientDeadlines()
    /// nil outside the pipeline: the context holds the connection, too.
    private(set) var context: ChannelHandlerContext?
    /// The context's: asked for at every piece, and not as cheap there.
    private(set) var channel: (any Channel)?
    private(set) var state = HTTP1State.idle
    /// What answers the request; nil between answers.
    private(set) var exchange: (any Exchange)?
    /// Whose request is answered.
    private(set) var client: ClientIdentity?
    /// The request that is answered.
    var request: RelayRequest? { client?.head }
    /// What access adds to the answer.
    var terms: AnswerTerms?
    var renewal: AccessRenewal?
    /// The answer under way.
    var framing = BodyFraming.counted
    /// Whether the head under way lets another request follow.
    var letsOthersFollow = false
    /// What the next flush sends.
    var written: [ByteBuffer] = []
    /// Whether NIO's queue is empty.
    var isWritable = true
    /// Adds the handlers of the program that the relay is mounted in; nil for none, and when it has been called.
    var host: ((any Channel) throws -> Void)?
    var hasHostHandlers = false
    /// Whether bytes leave at this moment that a writable connection was given: whoever gave them sees how it went.
    var isSending = false
    /// What it has been used for so far.
    var use = ConnectionUse.unknown
    /// Whether whoever answers has enough of the body for now.
    private var holdsBody = false
    /// Whether HTTP/2 is about to have the connection.
    var isLeaving = false
    /// Whether the last answer has left, and the client has nothing on the way that would reset the connection.
    var isUndisturbed = false

    /// Reads in one go while a segment is published. What other clients send is small, and one read is all that waits of it.
    private static let publishingReadsPerTurn: UInt = 8

    /// A connection is writable when it has nothing left to write: what is sent past its queue stays in order then.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: 1)

    /// - Parameters:
    ///   - descriptor: the socket, which the connection's NIO channel owns; nil to send through the pipeline.
    ///   - seat: its place in the census, given back at its end.
    ///   - host: adds the handlers for requests outside of the relay's base path; nil where they are refused.
    init(
        lane: RelayLane, descriptor: Int32?, seat: ClientSeat, host: ((any Channel) throws -> Void)? = nil
    ) {
        self.lane = lane
        socket = descriptor.map { SendingSocket(descriptor: $0) }
        self.seat = seat
        self.host = host
    }

    // MARK: What the network says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        if context.channel.isActive { begin() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channel = nil
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
        context.fireChannelActive()
    }

    private func begin() {
        lane.connections[ObjectIdentifier(self)] = self
        // Its request would come too late for the others' end.
        guard !lane.isDraining else { return refuse(RequestProblem(.draining)) }
        awaitHead()
    }

    func channelInactive(context: ChannelHandlerContext) {
        lane.connections[ObjectIdentifier(self)] = nil
        seat.giveBack()
        cancelExchange(after: .cut)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state == .switched { return context.fireChannelRead(data) }
        take(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        watchParts()
        exchange?.readComplete()
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
        switch state {
        case .lingering, .closed: return
        // Behind a whole request only the connection's end can tell that something is wrong.
        case .answering, .flushing, .switched: breakOff()
        case .idle, .receiving, .exchanging:
            if let problem = RequestProblem(framing: error) { refuse(problem) } else { breakOff() }
        }
    }

    /// Answers what is no request, or not a whole one, and ends the connection.
    private func refuse(_ problem: RequestProblem) {
        guard !hasBegunHostAnswer else { return breakOff() }
        cancelExchange(after: .lastAnswerEnd)
        let head = ResponseHead(problem)
        lane.count(head)
        write(head, body: ByteBuffer(string: problem.body), letsOthersFollow: false)
        endAfterReading()
    }

    /// - Parameter event: what ends the exchange, if there is one.
    func cancelExchange(after event: HTTP1State.Event) {
        transition(event)
        let cancelled = exchange
        letGoOfRequest()
        written = []
        cancelled?.cancelled()
    }

    /// Whoever answered the request is through with it.
    func letGoOfRequest() {
        (exchange, client) = (nil, nil)
        stopAskingAgain()
    }

    func transition(_ event: HTTP1State.Event) {
        guard let next = state.after(event) else {
            assertionFailure("\(event) while \(state)")
            state = .closed
            return close()
        }
        state = next
    }

    /// To be called about once a second.
    func checkDeadlines(now: NIODeadline) {
        checkAccess(now: now)
        guard let missed = deadlines.missed(by: now) else { return }
        switch (missed, state) {
        case (.taking, _):
            lane.countStall(logMetadata)
            close()
        case (.arrival, .idle): closeAfterReading()
        case (.arrival, _): close()
        // A head has begun behind the request that is being answered.
        case (.rest, .answering): breakOff()
        case (.rest, _):
            let seconds = lane.configuration.headTimeout.components.seconds
            let part = state == .idle ? "head" : "body"
            refuse(RequestProblem(status: 408, reason: "the request's \(part) took longer than \(seconds) s"))
        }
    }

    /// Whose connection it is, and what is answered on it.
    var logMetadata: Logger.Metadata {
        let client = client?.logMetadata ?? ["client": "\(seat.client)", "connection": "\(seat.connection)"]
        return client.merging(exchange?.logMetadata ?? [:]) { $1 }
    }

    private func awaitHead() {
        deadlines.await(within: lane.configuration.silenceLimit(after: use))
    }

    /// Since when the connection has been silent; nil while something is under way on it.
    var silence: NIODeadline? {
        state == .idle ? deadlines.silentSince : nil
    }

    /// Looks for a head, a chunk's line or a trailer that has begun and not ended. The bytes of a segment may be silent.
    private func watchParts() {
        guard let gate else { return }
        let element: Int?
        switch state {
        // What waits here is not the client's to send.
        case .exchanging where holdsBody: element = nil
        case .idle, .exchanging: element = gate.isInsideElement ? gate.elementCount : nil
        case .answering: element = gate.holdsBegunHead ? gate.elementCount + 1 : nil
        case .receiving, .flushing, .lingering, .switched, .closed: return
        }
        deadlines.follow(element, within: lane.configuration.headTimeout)
    }

    // MARK: Requests

    var intake: RequestGate.Intake {
        if isLeaving { return .held }
        return holdsBody && state == .exchanging ? .heldBack : state.intake
    }
    var owesAnswer: Bool { state == .answering && exchange?.answersBehindInput == true }

    var takesBody: Bool { state == .receiving || state == .exchanging }
    func received(_ bytes: ByteBuffer) { exchange?.received(bytes) }

    func holdBody(_ isHeld: Bool) {
        guard holdsBody != isHeld else { return }
        holdsBody = isHeld
        if state == .exchanging { gate?.intakeChanged() }
    }

    func awaitBody() {
        if state == .exchanging { deadlines.awaitRest(within: lane.configuration.headTimeout) }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head) where state == .idle: take(head)
        case .body(let bytes) where takesBody: received(bytes)
        case .end where state == .receiving:
            deadlines.nothingIsDue()
            transition(.requestEnd)
            let exchange = exchange
            exchange?.start()
            exchange?.receivedEnd()
        case .end where state == .exchanging:
            setReadsPerTurn(1)
            deadlines.nothingIsDue()
            transition(.requestEnd)
            exchange?.receivedEnd()
        case .head, .body, .end: break
        }
    }

    private func take(_ head: HTTPRequestHead) {
        let request = RelayRequest(head)
        gate?.headEnded(framing: request.framing)
        deadlines.nothingIsDue()
        holdsBody = false
        let exchange = exchange(for: request, head)
        self.exchange = exchange
        if exchange.startsAtHead, request.hasBody {
            transition(.headToAnswerAtOnce)
            if !exchange.mayHoldBody { setReadsPerTurn(Self.publishingReadsPerTurn) }
            exchange.start()
        } else {
            transition(.head)
            guard request.hasBody else { return }
            // It is answered when all of it is there, so that it has to come as soon as a head.
            deadlines.awaitRest(within: lane.configuration.headTimeout)
            if request.expectsContinue { sendContinue() }
        }
    }

    private func setReadsPerTurn(_ count: UInt) {
        // The channel of a connection that has gone takes none.
        try? channel?.syncOptions?.setOption(.maxMessagesPerRead, value: count)
    }

    private func exchange(for request: RelayRequest, _ head: HTTPRequestHead) -> any Exchange {
        let isAdmitted = !seat.isProxy || seat.requested(for: request.forwardedFor)
        let client = ClientIdentity(
            address: seat.client, connection: seat.connection, isSecure: seat.isSecure, head: request)
        self.client = client
        forgetAccess()
        let incoming = IncomingRequest(client: client, lane: lane, writer: self)
        guard isAdmitted else { return AnswerExchange(incoming, refusal: .tooManyConnections) }
        if host != nil || hasHostHandlers, request.problem == nil, !lane.routes.covers(request.target) {
            use.add(.reading)
            do { return try hostExchange(for: head) } catch {
                lane.logger.error("the host's handlers could not be added: \(error)", metadata: client.logMetadata)
                return AnswerExchange(incoming, refusal: RequestProblem(status: 500, reason: "nobody can answer here"))
            }
        }
        return lane.exchange(for: incoming, addingTo: &use)
    }

    func handOver(to exchange: any Exchange) {
        guard state.isAnswered else { return }
        self.exchange = exchange
        if state == .exchanging, !exchange.mayHoldBody { setReadsPerTurn(Self.publishingReadsPerTurn) }
        exchange.start()
    }

    /// The request's answer lets another protocol have the connection.
    func endHTTP() {
        transition(.protocolSwitch)
        // Whose connection it is stays: it ends with what it was let in by.
        exchange = nil
        deadlines.nothingIsDue()
    }

    // MARK: Ends of answers

    /// Whether a request can follow the one that is being answered.
    var canGoOn: Bool { state == .answering && request?.keepsAlive == true && !lane.isDraining }

    /// The answer has been written and flushed.
    func answerEnded(goesOn: Bool) {
        guard state.isAnswered else { return }
        letGoOfRequest()
        if seat.isProxy { seat.answered() }
        guard goesOn else { return closeAfterReading() }
        deadlines.nothingIsDue()
        transition(isWritable ? .answerEnd : .answerEndToBeSent)
        if state == .idle { goOn() }
    }

    /// The last answer has left: another request may come.
    private func goOn() {
        awaitHead()
        gate?.intakeChanged()
    }

    /// All that was written has left.
    func queueEnded() {
        let wasFlushing = state == .flushing
        transition(.queueEnd)
        guard state != .lingering else { return }
        deadlines.hasTaken()
        if wasFlushing { goOn() } else { exchange?.writable() }
    }
}
