import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2
import TrickleCore

/// One request on an HTTP/2 connection, and its answer (RFC 9113, section 8.1).
///
///     start ─► new ─ head ─► receiving ─ end ─► answering ─ answer's end ─► ended
///                      └───► exchanging ─ end ──┘   any of them ─ reset ─► closed
final class HTTP2Stream: ChannelInboundHandler, HTTP2FlowSender {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    enum State {
        /// Its head has not been looked at.
        case new
        /// The answer begins when the body has ended.
        case receiving
        /// The answer is under way while the body still comes.
        case exchanging
        /// The request is whole.
        case answering
        /// The answer is written. Some of it may not have left, and a body that still comes is thrown away.
        case ended
        case closed

        /// Whether an exchange has the request.
        var isAnswered: Bool {
            switch self {
            case .receiving, .exchanging, .answering: true
            case .new, .ended, .closed: false
            }
        }
    }

    let connection: HTTP2Connection
    var lane: RelayLane { connection.lane }
    private(set) var context: ChannelHandlerContext?
    private(set) var state = State.new
    private(set) var exchange: (any Exchange)?
    private(set) var client: ClientIdentity?
    /// The request's place among those of its client; nil where the connection has that.
    private var seat: ClientSeat.Guest?
    private var deadlines = ClientDeadlines()
    /// What has come, while the event loop looks after others.
    private var waiting: [HTTP2Frame.FramePayload]?
    /// Whether all of the request has come.
    private(set) var hasWholeRequest = false

    // What `HTTP2Stream+Body` keeps.
    var length = HTTP2BodyLength()
    var holdsBody = false
    /// How many bytes of a body that may wait are counted as the relay's memory.
    var countedByteCount = 0
    var publishing = HTTP2PublishingWindow()

    // What `HTTP2Stream+Writing` keeps.
    var terms: AnswerTerms?
    var renewal: AccessRenewal?
    /// What the next flush sends.
    var written: [HTTP2Frame.FramePayload] = []
    /// The body that is sent; nil before the stream has begun.
    private(set) var flow: HTTP2Flow?
    /// Frames that follow the body, and wait for it.
    var following: [(HTTP2Frame.FramePayload, EventLoopPromise<Void>?)] = []
    private(set) var isWritable = true
    /// Whether bytes leave at this moment that a writable stream was given: whoever gave them sees how it went.
    var isSending = false

    /// A head takes up as much of a turn as one of HTTP/1 does, and so do bytes.
    private static let unitsPerHead = 4
    private static let unitsPerBody = 1

    init(of connection: HTTP2Connection) { self.connection = connection }

    // MARK: What the network says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let id = try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)
        flow = connection.begins(self, id ?? .rootStream)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        cancelExchange()
        stopAskingAgain()
        state = .closed
        waiting = nil
        flowEnded()
        nothingWaits()
        seat.take()?.leave()
        connection.ended(self)
    }

    /// The stream's end follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let payload = unwrapInboundIn(data)
        if waiting != nil { return waiting!.append(payload) }
        if state == .new, lane.turns.unitsLeft <= 0 {
            waiting = [payload]
            return lane.turns.append { self.takeWaiting() }
        }
        take(payload)
    }

    private func takeWaiting() {
        guard let payloads = waiting.take() else { return }
        for payload in payloads { take(payload) }
        exchange?.readComplete()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.readComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { writabilityChanged() }

    private func flowEnded() {
        if let flow { connection.wire.close(flow) }
        for (_, promise) in following { promise?.fail(ChannelError.ioOnClosedChannel) }
        following = []
    }

    /// It takes more when it has nothing left to write: a reader that is behind is seen at once.
    func writabilityChanged() {
        let isWritable = flow?.isEmpty != false && context?.channel.isWritable == true
        guard self.isWritable != isWritable else { return }
        self.isWritable = isWritable
        guard isWritable else { return deadlines.mustTake(within: lane.configuration.readerTimeout) }
        deadlines.hasTaken()
        if !isSending, state.isAnswered { exchange?.writable() }
    }

    private func take(_ payload: HTTP2Frame.FramePayload) {
        switch payload {
        case .headers(let headers) where state == .new:
            lane.turns.take(Self.unitsPerHead)
            take(headers.headers, isWhole: headers.endStream)
        case .headers(let trailers) where trailers.endStream:
            guard length.takes(0, isEnd: true) else { return rejectBody() }
            requestEnded()
        case .data(let data):
            lane.turns.take(Self.unitsPerBody)
            guard length.takes(data.data.readableBytes, isEnd: data.endStream) else { return rejectBody() }
            if case .byteBuffer(let bytes) = data.data, bytes.readableBytes > 0 {
                switch state {
                case .receiving, .exchanging:
                    exchange?.received(bytes)
                    if !data.endStream { widen(by: bytes.readableBytes) }
                case .new, .answering, .ended, .closed: break
                }
            }
            if data.endStream { requestEnded() }
        case _: break
        }
    }

    // MARK: Requests

    private func take(_ headers: HPACKHeaders, isWhole: Bool) {
        guard var length = HTTP2BodyLength(headers), length.takes(0, isEnd: isWhole) else { return rejectBody() }
        self.length = length
        hasWholeRequest = isWhole
        let request = RelayRequest(
            headers, hasBody: !isWhole, maximumFieldCount: lane.configuration.maximumHeadFieldCount)
        let exchange = exchange(for: request)
        self.exchange = exchange
        if exchange.startsAtHead, request.hasBody {
            state = .exchanging
            return exchange.start()
        }
        state = .receiving
        guard request.hasBody else { return requestEnded() }
        // It is answered when all of it is there, so that it has to come as soon as a head.
        deadlines.awaitRest(within: lane.configuration.headTimeout)
        if request.expectsContinue { sendContinue() }
    }

    private func exchange(for request: RelayRequest) -> any Exchange {
        let seat = connection.seat
        if seat.isProxy { self.seat = seat.guest(for: request.forwardedFor) }
        let client = ClientIdentity(
            address: self.seat?.address ?? seat.client, connection: seat.connection, isSecure: seat.isSecure,
            head: request)
        self.client = client
        let incoming = IncomingRequest(client: client, lane: lane, writer: self)
        if seat.isProxy, self.seat == nil { return AnswerExchange(incoming, refusal: .tooManyConnections) }
        return lane.exchange(for: incoming, addingTo: &connection.use)
    }

    private func requestEnded() {
        hasWholeRequest = true
        nothingWaits()
        let isToBegin = state == .receiving
        guard isToBegin || state == .exchanging else { return }
        deadlines.nothingIsDue()
        state = .answering
        let exchange = exchange
        if isToBegin { exchange?.start() }
        exchange?.receivedEnd()
    }

    func awaitBody() {
        if state == .exchanging { deadlines.awaitRest(within: lane.configuration.headTimeout) }
    }

    func handOver(to exchange: any Exchange) {
        guard state.isAnswered else { return }
        self.exchange = exchange
        if !exchange.mayHoldBody { nothingWaits() }
        exchange.start()
    }

    // MARK: Time, and the end

    func checkDeadlines(now: NIODeadline) {
        checkAccess(now: now)
        switch deadlines.missed(by: now) {
        case .taking:
            lane.countStall(logMetadata)
            cancelExchange()
            cut()
        case .rest:
            let seconds = lane.configuration.headTimeout.components.seconds
            refuse(RequestProblem(status: 408, reason: "the request's body took longer than \(seconds) s"))
        case .arrival, nil: break
        }
    }

    func refuse(_ problem: RequestProblem) {
        guard state.isAnswered else { return }
        cancelExchange()
        let head = ResponseHead(problem)
        lane.count(head)
        answer(head, body: ByteBuffer(string: problem.body))
    }

    func relayDrains() { exchange?.relayDrains() }

    /// Whose stream it is, and what is answered on it.
    var logMetadata: Logger.Metadata {
        (client?.logMetadata ?? [:]).merging(exchange?.logMetadata ?? [:]) { $1 }
    }

    private func cancelExchange() {
        let cancelled = exchange.take()
        written = []
        cancelled?.cancelled()
    }

    /// The answer is written.
    func answerEnded() {
        exchange = nil
        deadlines.nothingIsDue()
        state = .ended
    }

    /// Whether the client still sends what nobody wants.
    var sendsInVain: Bool { !hasWholeRequest }

    /// Ends the stream in the middle of its answer, so that nobody takes it for the end (section 8.1).
    func cut() {
        guard state != .closed else { return }
        state = .closed
        exchange = nil
        written = []
        flowEnded()
        lane.budget.send(TurnBudget.bytesPerCut)
        context?.close(promise: nil)
    }

    var isAnswering: Bool { state.isAnswered }
}
