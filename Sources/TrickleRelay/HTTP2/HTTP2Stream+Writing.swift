import NIOCore
import NIOHPACK
import NIOHTTP2
import TrickleCore

// Answers as HTTP/2 has them.
extension HTTP2Stream: ResponseWriter {
    var carriesTrailers: Bool { true }

    func sendContinue() {
        guard isAnswering, written.isEmpty else { return }
        send([.headers(.init(headers: [":status": "100"]))])
    }

    func answer(_ head: ResponseHead, body: ByteBuffer) {
        var head = head
        let isForHead = client?.head.method == .head
        // What a HEAD is told of a body's length is the segment's affair.
        if head.status != 204, head.status != 304, !isForHead || body.readableBytes > 0 {
            head.add("Content-Length", body.readableBytes)
        }
        let hasBody = body.readableBytes > 0 && !isForHead
        written.append(.headers(.init(headers: encoded(head), endStream: !hasBody)))
        if hasBody { written.append(.data(.init(data: .byteBuffer(body), endStream: true))) }
        sendEnd()
    }

    func begin(_ head: ResponseHead, _ body: ResponseBody) {
        written.append(.headers(.init(headers: encoded(head, body))))
    }

    func begin(_ head: SharedHead) {
        let headers = head.http2.head(for: terms?.readers ?? .allOrigins) { encoded(head.head, head.body) }
        written.append(.headers(.init(headers: headers)))
    }

    private func encoded(_ head: ResponseHead, _ body: ResponseBody) -> HPACKHeaders {
        var head = head
        switch body {
        case .counted(let byteCount): head.add("Content-Length", byteCount)
        case .trickling(let trailers): head.add("Trailer", trailers.joined(separator: ", "))
        case .endless: break
        }
        return encoded(head)
    }

    private func encoded(_ head: ResponseHead) -> HPACKHeaders {
        let common = terms.map { lane.commonFields(for: $0.readers) } ?? lane.commonFields
        return head.headers(now: lane.date(), with: common)
    }

    func write(_ piece: EncodedPiece) -> Int { append(piece.payload) }
    func write(_ piece: EncodedPiece, _ range: Range<Int>) -> Int { append(piece.slice(range)) }
    func write(_ bytes: ByteBuffer) { _ = append(bytes) }

    private func append(_ bytes: ByteBuffer) -> Int {
        written.append(.data(.init(data: .byteBuffer(bytes))))
        return bytes.readableBytes + HTTP2Wire.frameHeaderByteCount
    }

    func flush() {
        guard !written.isEmpty else { return }
        let frames = written
        written = []
        send(frames)
    }

    func send(_ newest: NewestPiece) -> Int {
        let payload = newest.piece.pointee.payload
        let byteCount = payload.readableBytes
        isSending = true
        let hasLeft = flow.map { connection.wire.send(payload, on: $0) } ?? false
        isSending = false
        if hasLeft {
            lane.budget.send(byteCount)
        } else {
            send([.data(.init(data: .byteBuffer(payload)))])
        }
        return byteCount + HTTP2Wire.frameHeaderByteCount
    }

    /// Sends what a writable stream has been given. It is writable again if all of it has left.
    ///
    /// - Parameter promise: of the last frame, which is not a body's.
    private func send(_ frames: [HTTP2Frame.FramePayload], promise: EventLoopPromise<Void>? = nil) {
        guard context != nil, let flow else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let wasSending = isSending
        isSending = true
        var byteCount = 0
        connection.wire.write {
            for (index, frame) in frames.enumerated() {
                byteCount += send(frame, by: flow, promise: index == frames.count - 1 ? promise : nil)
            }
        }
        writabilityChanged()
        isSending = wasSending
        lane.budget.send(byteCount)
    }

    /// - Returns: how many bytes of the body the frame has.
    private func send(
        _ frame: HTTP2Frame.FramePayload, by flow: HTTP2Flow, promise: EventLoopPromise<Void>?
    ) -> Int {
        switch frame {
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { break }
            connection.wire.append(bytes, to: flow)
            if data.endStream { follow(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)), flow, promise) }
            return bytes.readableBytes
        case _: follow(frame, flow, promise)
        }
        return 0
    }

    /// Sends a frame behind the body.
    private func follow(_ frame: HTTP2Frame.FramePayload, _ flow: HTTP2Flow, _ promise: EventLoopPromise<Void>?) {
        if flow.isEmpty { pass(frame, promise) } else { following.append((frame, promise)) }
    }

    /// Has the handler of frames send one.
    private func pass(_ frame: HTTP2Frame.FramePayload, _ promise: EventLoopPromise<Void>?) {
        if case .headers = frame { flow?.headsDue += 1 }
        context?.writeAndFlush(wrapOutboundOut(frame), promise: promise)
    }

    func drained() {
        let frames = following
        following = []
        for (frame, promise) in frames { pass(frame, promise) }
        writabilityChanged()
    }

    func end(trailers: [HeaderField], isBroken: Bool) {
        if trailers.isEmpty {
            written.append(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
        } else {
            let fields = HPACKHeaders(trailers.map { ($0.name.lowercased(), $0.value) })
            written.append(.headers(.init(headers: fields, endStream: true)))
        }
        sendEnd()
    }

    /// Sends the answer's last frames.
    private func sendEnd() {
        let frames = written
        written = []
        answerEnded()
        guard sendsInVain else { return send(frames) }
        // The client stops when it knows that nobody needs the rest (section 8.1). A reset takes with it what has not left.
        let sent = lane.eventLoop.makePromise(of: Void.self)
        let stream = NIOLoopBound(self, eventLoop: lane.eventLoop)
        sent.futureResult.whenSuccess {
            guard stream.value.sendsInVain else { return }
            stream.value.send([.rstStream(.noError)])
        }
        send(frames, promise: sent)
    }

    /// HTTP/2 has no other protocol on a stream but by way of CONNECT (RFC 8441), which nobody can have asked for.
    func switchProtocol(_ head: ResponseHead, to other: ProtocolSwitch) { cut() }
}
