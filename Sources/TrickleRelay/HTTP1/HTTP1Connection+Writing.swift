import NIOCore
import TrickleCore

// Answers as HTTP/1 has them.
extension HTTP1Connection: ResponseWriter {
    var carriesTrailers: Bool { request?.isHTTP10 == false }

    func sendContinue() {
        if request?.isHTTP10 == false { send([ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")]) }
    }

    func answer(_ head: ResponseHead, body: ByteBuffer) {
        let goesOn = canGoOn
        write(head, body: body, letsOthersFollow: goesOn)
        answerEnded(goesOn: goesOn)
    }

    /// Writes and sends a whole answer.
    func write(_ head: ResponseHead, body: ByteBuffer, letsOthersFollow: Bool) {
        var head = head
        // What a HEAD is told of a body's length is the segment's affair.
        let isForHead = request?.method == .head
        if head.status != 204, head.status != 304, !isForHead || body.readableBytes > 0 {
            head.add("Content-Length", body.readableBytes)
        }
        if !letsOthersFollow { head.add("Connection", "close") }
        let bytes = head.encoded(now: lane.date(), with: commonFields)
        send(body.readableBytes > 0 && !isForHead ? [bytes, body] : [bytes])
    }

    func begin(_ head: ResponseHead, _ body: ResponseBody) {
        framing = BodyFraming(body, isHTTP10: request?.isHTTP10 == true)
        letsOthersFollow = if case .endless = body { false } else { canGoOn }
        written.append(encoded(head, body))
    }

    func begin(_ head: SharedHead) {
        guard canGoOn, request?.isHTTP10 == false, case .trickling = head.body else {
            return begin(head.head, head.body)
        }
        (framing, letsOthersFollow) = (.chunked, true)
        written.append(
            head.http1.head(for: terms?.readers ?? .allOrigins) { encoded(head.head, head.body) })
    }

    private func encoded(_ head: ResponseHead, _ body: ResponseBody) -> ByteBuffer {
        var head = head
        head.frame(body, as: framing)
        if !letsOthersFollow { head.add("Connection", "close") }
        return head.encoded(now: lane.date(), with: commonFields)
    }

    func write(_ piece: EncodedPiece) -> Int { append(framing.bytes(of: piece)) }
    func write(_ piece: EncodedPiece, _ range: Range<Int>) -> Int { append(framing.bytes(of: piece.slice(range))) }
    func write(_ bytes: ByteBuffer) { _ = append(framing.bytes(of: bytes)) }

    private func append(_ bytes: ByteBuffer) -> Int {
        written.append(bytes)
        return bytes.readableBytes
    }

    func flush() {
        guard !written.isEmpty else { return }
        let buffers = written
        written = []
        send(buffers)
    }

    func send(_ newest: NewestPiece) -> Int {
        guard case .chunked = framing else {
            defer { flush() }
            return write(newest.piece.pointee)
        }
        send(newest.chunk) { newest.piece.pointee.chunk.from($0) }
        return newest.chunk.count
    }

    func end(trailers: [HeaderField], isBroken: Bool) {
        if let end = framing.end(trailers) { written.append(end) }
        let goesOn = letsOthersFollow && canGoOn
        flush()
        if isBroken, case .untilClose = framing { cut() } else { answerEnded(goesOn: goesOn) }
    }
}
