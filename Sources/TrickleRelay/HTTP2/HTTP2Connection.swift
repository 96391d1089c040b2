import Logging
import NIOCore
import NIOHTTP2

/// One client's HTTP/2 connection (RFC 9113): each of its requests is an ``HTTP2Stream``.
///
///     TLS, or nothing ─► HTTP2Wire ─► NIOHTTP2Handler ─► this
///                            ▲            └─► a channel for each stream ─► HTTP2Stream
///                            └───────────────── bodies that are sent ──────────┘
final class HTTP2Connection: ChannelInboundHandler, ClientConnection {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let lane: RelayLane
    /// Whom it is for.
    let seat: ClientSeat
    /// What it has been used for so far.
    var use = ConnectionUse.unknown
    private var streams: [ObjectIdentifier: HTTP2Stream] = [:]
    private var deadlines = ClientDeadlines()
    private var context: ChannelHandlerContext?
    /// The newest stream that was answered.
    private var lastStream = HTTP2StreamID.rootStream
    /// Whether the connection is to end.
    private var isDraining = false
    /// Whether the client was told to begin no more streams (section 6.8): behind that, and without streams, no frame is taken.
    private var hasSaidGoodbye = false
    /// Whether answers have been written since the relay began to go down.
    private var hasLateAnswers = false
    /// The PINGs that have asked whether the last answer was read.
    private var questionCount: UInt64 = 0
    let wire: HTTP2Wire

    private init(lane: RelayLane, seat: ClientSeat) {
        wire = HTTP2Wire(turns: lane.turns)
        self.lane = lane
        self.seat = seat
    }

    /// Has a connection speak HTTP/2 from now on.
    ///
    /// - Parameter seat: its place in the census, given back at its end.
    static func begin(on channel: any Channel, _ lane: RelayLane, _ seat: ClientSeat) throws {
        let connection = HTTP2Connection(lane: lane, seat: seat)
        let options = channel.syncOptions!
        try options.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 32 << 10))
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: false)
        try options.setOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let settings = HTTP2Limits.settings(lane.configuration, isProxy: seat.isProxy)
        let handler = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: settings.connection,
            streamConfiguration: settings.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2Stream(of: bound.value))
            }
        }
        try channel.pipeline.syncOperations.addHandlers(connection.wire, handler, connection)
    }

    // MARK: What the network says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard context.channel.isActive else { return }
        lane.connections[ObjectIdentifier(self)] = self
        awaitRequest()
        // Its first request would come too late for the others' end.
        guard lane.isDraining else { return }
        hasLateAnswers = true
        leave()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        lane.connections[ObjectIdentifier(self)] = nil
        seat.giveBack()
        context.fireChannelInactive()
    }

    /// Frames of the connection itself, which the handler before has answered.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isDraining, streams.isEmpty, case .ping(let answered, ack: true) = unwrapInboundIn(data).payload else {
            return
        }
        if answered == HTTP2PingData(withInteger: questionCount) { end() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            deadlines.hasTaken()
        } else {
            deadlines.mustTake(within: lane.configuration.readerTimeout)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lane.logger.debug("on a connection with HTTP/2: \(error)", metadata: logMetadata)
        // What is wrong with a single stream ends that stream.
        if wire.hasFailed || !(error is any NIOHTTP2Error) { close() }
    }

    private var logMetadata: Logger.Metadata {
        ["client": "\(seat.client)", "connection": "\(seat.connection)"]
    }

    // MARK: Streams

    /// - Returns: what the stream's body leaves by.
    func begins(_ stream: HTTP2Stream, _ id: HTTP2StreamID) -> HTTP2Flow {
        streams[ObjectIdentifier(stream)] = stream
        lastStream = max(lastStream, id)
        deadlines.nothingIsDue()
        let flow = wire.open(Int(id))
        flow.sender = stream
        return flow
    }

    func ended(_ stream: HTTP2Stream) {
        streams[ObjectIdentifier(stream)] = nil
        hasLateAnswers = hasLateAnswers || lane.isDraining
        guard streams.isEmpty else { return }
        if isDraining { awaitEnd() } else { awaitRequest() }
    }

    private func awaitRequest() {
        deadlines.await(within: lane.configuration.silenceLimit(after: use))
    }

    // MARK: Time, and the end

    var silence: NIODeadline? { streams.isEmpty ? deadlines.silentSince : nil }

    func checkDeadlines(now: NIODeadline) {
        for stream in Array(streams.values) { stream.checkDeadlines(now: now) }
        switch deadlines.missed(by: now) {
        case .taking:
            lane.countStall(logMetadata)
            close()
        case .arrival where isDraining: end()
        case .arrival: leave()
        case .rest, nil: break
        }
    }

    func relayDrains() {
        for stream in Array(streams.values) { stream.relayDrains() }
        leave()
    }

    /// The client has some time to read the last answer: then it closes by itself, or answers the PING (section 6.7).
    private func awaitEnd() {
        deadlines.await(within: lane.configuration.lingerTime)
        guard !hasSaidGoodbye else { return }
        questionCount += 1
        let question = HTTP2Frame(
            streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: questionCount), ack: false))
        context?.writeAndFlush(wrapOutboundOut(question), promise: nil)
    }

    /// The connection ends when the client has read all answers (section 6.8).
    ///
    /// Streams that it begins before it knows that are answered: GOAWAY names the highest number while any is under way.
    private func leave() {
        guard !isDraining else { return }
        isDraining = true
        guard streams.isEmpty else { return sayGoodbye(.maxID, promise: nil) }
        if hasLateAnswers { awaitEnd() } else { end() }
    }

    /// Nothing is under way on the connection.
    private func end() {
        let sent = lane.eventLoop.makePromise(of: Void.self)
        let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
        sent.futureResult.whenComplete { _ in connection.value.close() }
        if hasSaidGoodbye { sent.succeed() } else { sayGoodbye(lastStream, promise: sent) }
    }

    private func sayGoodbye(_ last: HTTP2StreamID, promise: EventLoopPromise<Void>?) {
        guard let context else { return promise?.fail(ChannelError.alreadyClosed) ?? () }
        hasSaidGoodbye = true
        let farewell = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context.writeAndFlush(wrapOutboundOut(farewell), promise: promise)
    }

    private func close() {
        if lane.isDraining { closeAtOnce() } else { context?.close(promise: nil) }
    }

    func closeAtOnce() { context?.closeAtOnce() }
}
