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
    /// Whether no more streams are taken.
    private var isDraining = false
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
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        lane.connections[ObjectIdentifier(self)] = nil
        seat.giveBack()
        context.fireChannelInactive()
    }

    /// Frames of the connection itself, which the handler before has answered.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

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
        guard streams.isEmpty else { return }
        // The client reads the last answer, and closes, in its own time, but not for ever.
        if isDraining { deadlines.await(within: HTTP1Connection.lingerTime) } else { awaitRequest() }
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
        case .arrival where isDraining: close()
        case .arrival: leave()
        case .rest, nil: break
        }
    }

    func relayDrains() {
        for stream in Array(streams.values) { stream.relayDrains() }
        leave()
    }

    /// Takes no more streams: the client closes when those that are under way have ended (section 6.8).
    private func leave() {
        guard !isDraining, let context else { return }
        isDraining = true
        let farewell = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
        guard streams.isEmpty else { return context.writeAndFlush(wrapOutboundOut(farewell), promise: nil) }
        let sent = lane.eventLoop.makePromise(of: Void.self)
        let connection = NIOLoopBound(self, eventLoop: lane.eventLoop)
        sent.futureResult.whenComplete { _ in connection.value.close() }
        context.writeAndFlush(wrapOutboundOut(farewell), promise: sent)
    }

    func close() { context?.close(promise: nil) }
}
