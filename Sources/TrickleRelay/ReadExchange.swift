import Logging
import NIOCore
import TrickleCore

/// Answers a GET of a segment: a cursor that is written to while its connection takes bytes.
///
///     start ─► waiting ─► reading ─► done
///       └────────┴───► answered without a segment
///
/// The head goes out with the first byte, not before, unless the client asked for it early: clients pace themselves by it.
final class ReadExchange: Exchange, LaneReader {
    private enum Phase {
        case new
        case waiting(ReadTicket)
        /// A range that begins where an open segment ends: what comes next decides between 206 and 416.
        case atEdge(LaneSegment, ByteRange, SegmentArrival)
        case reading(LaneSegment)
        case done
    }

    let startsAtHead = false
    var place = 0
    private(set) var sentByteCount = 0
    let connection: RelayConnection
    let lane: RelayLane
    let request: RelayRequest
    private let name: ChannelName
    let position: SegmentPosition
    /// What a ramp says in place of the channel's content type and of `Cache-Control`; nil for the protocol's own readers.
    let rampFields: [HeaderField]?
    private let waitTime: TimeAmount?
    private var phase = Phase.new
    private var cursor = SegmentCursor(.chunks, in: [])
    /// The head, until it goes out with the first byte.
    private var head: ByteBuffer?
    /// The number that an early head has named.
    private(set) var announcedNumber: SequenceNumber?
    private var waitTimer: Scheduled<Void>?
    private var isPumping = false
    /// Whether a piece has gone out at the live edge: then the head is out, and only `leave()` changes the phase.
    private var isAtLiveEdge = false

    init(
        _ connection: RelayConnection, _ request: RelayRequest, _ name: ChannelName, _ position: SegmentPosition,
        rampFields: [HeaderField]? = nil
    ) throws(RequestProblem) {
        self.connection = connection
        self.request = request
        self.name = name
        self.position = position
        self.rampFields = rampFields
        lane = connection.lane
        let asked = try request.waitSeconds().map { TimeAmount.nanoseconds(Int64($0 * 1e9)) }
        waitTime = [asked, lane.configuration.waitTimeout.map { TimeAmount($0) }].compactMap { $0 }.min()
    }

    // MARK: Exchange

    func start() {
        do throws(RelayRefusal) {
            switch try lane.join(self, name, at: position) {
            case .segment(let segment, let view): begin(segment, view)
            case .waiting(let ticket, let contentType): wait(ticket, contentType)
            case .closed(let next): answer(.closed(number: next))
            }
        } catch {
            refuse(error)
        }
    }

    func writable() {
        if case .reading(let segment) = phase { pump(segment) }
    }

    func cancelled() { leave() }

    /// At the latest here it shows whose fault a delay was: the reader's, by so many bytes.
    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "side": "subscriber", "channel": "\(name)", "client": "\(connection.clientAddress)",
        ]
        if case .reading(let segment) = phase {
            metadata["segment"] = "\(segment.number)"
            metadata["behind_bytes"] = "\(lag)"
        }
        return metadata
    }

    var lag: Int {
        if case .reading(let segment) = phase { cursor.bytesLeft(of: segment.byteCount) } else { 0 }
    }

    // MARK: Waiting

    private func wait(_ ticket: ReadTicket, _ contentType: String?) {
        phase = .waiting(ticket)
        limitWait()
        if request.wantsEarlyHead {
            announcedNumber = ticket.number
            connection.send([
                chunkedHead(number: ticket.number, next: ticket.next, byteCount: 0, contentType: contentType, tag: nil)
            ])
        }
    }

    private func limitWait() {
        guard let waitTime else { return }
        waitTimer = connection.eventLoop.assumeIsolated().scheduleTask(in: waitTime) { self.waitedLongEnough() }
    }

    private func waitedLongEnough() {
        let number: SequenceNumber
        switch phase {
        case .waiting(let ticket): number = ticket.number
        case .atEdge(let segment, _, _): number = segment.number
        case .new, .reading, .done: return
        }
        var head = ResponseHead(status: 204)
        head.add(HeaderName.sequence, number)
        head.add(HeaderName.timeout, "waiting")
        head.add("Cache-Control", "no-store")
        answer(head)
    }

    func waitingEnded(_ outcome: WaitingOutcome) {
        guard case .waiting(let ticket) = phase else { return }
        waitTimer?.cancel()
        waitTimer = nil
        phase = .done
        switch outcome {
        case .segment(let segment):
            phase = .reading(segment)
            if announcedNumber != nil {
                cursor = SegmentCursor(.chunks, in: segment.pieces)
                pump(segment)
            } else {
                begin(segment, SegmentArrival(next: ticket.next, byteCount: 0), hasWaited: true)
            }
        case .closed: answer(.closed(number: ticket.number))
        case .refused(let refusal): refuse(refusal)
        }
    }

    // MARK: Reading

    /// How the segment and its channel were when the request came.
    struct SegmentArrival {
        let next: SequenceNumber
        let byteCount: Int
    }

    private func begin(_ segment: LaneSegment, _ view: SegmentView) {
        phase = .reading(segment)
        // A range has an answer of its own, and what that is shows only now.
        if request.wantsEarlyHead, request.range(ifTagged: segment.id.tag(lane.incarnation)) == nil {
            announcedNumber = view.number
        }
        begin(segment, SegmentArrival(next: view.next, byteCount: view.byteCount), hasWaited: false)
    }

    private func begin(_ segment: LaneSegment, _ arrival: SegmentArrival, hasWaited: Bool) {
        let tag = segment.id.tag(lane.incarnation)
        if let range = request.range(ifTagged: tag) {
            select(range, of: segment, arrival, tag)
        } else if hasWaited, !request.isHTTP10, request.keepsAlive, rampFields == nil {
            cursor = SegmentCursor(.chunks, in: segment.pieces)
            head = segment.sharedHead(next: arrival.next) {
                chunkedHead(
                    number: segment.number, next: arrival.next, byteCount: 0, contentType: segment.contentType, tag: tag
                )
            }
        } else if segment.progress == .open || announcedNumber != nil || (hasWaited && !request.isHTTP10) {
            cursor = SegmentCursor(request.isHTTP10 ? .payload : .chunks, in: segment.pieces)
            head = chunkedHead(
                number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
                contentType: segment.contentType, tag: tag)
        } else {
            cursor = SegmentCursor(.payload, count: segment.byteCount, in: segment.pieces)
            head = wholeHead(segment, arrival, tag)
        }
        pump(segment)
    }

    private func select(_ range: ByteRange, of segment: LaneSegment, _ arrival: SegmentArrival, _ tag: String) {
        let isOpen = segment.progress == .open
        switch range.selection(of: segment.byteCount, isOpen: isOpen) {
        case .bytes(let bytes):
            cursor = SegmentCursor(.payload, from: bytes.lowerBound, count: bytes.count, in: segment.pieces)
            var head = segmentHead(
                206, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
                contentType: segment.contentType, tag: tag, isComplete: segment.progress == .complete)
            let total = isOpen ? "*" : String(segment.byteCount)
            head.add("Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(total)")
            if case .aborted(let cause) = segment.progress { head.add(HeaderName.aborted, cause.rawValue) }
            head.add("Content-Length", bytes.count)
            self.head = encoded(head)
        case .edge:
            phase = .atEdge(segment, range, arrival)
            limitWait()
        case .stream(let first):
            stream(segment, from: first, arrival, tag)
        case .unsatisfiable:
            answerUnsatisfiable(segment, segment.byteCount)
        }
    }

    private func stream(_ segment: LaneSegment, from first: Int, _ arrival: SegmentArrival, _ tag: String) {
        cursor = SegmentCursor(request.isHTTP10 ? .payload : .chunks, from: first, in: segment.pieces)
        let range = "bytes \(first)-\(ByteRange.endless)/*"
        head = chunkedHead(
            206, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
            contentType: segment.contentType, tag: tag, more: [HeaderField("Content-Range", range)])
    }

    func segmentMoved(newest: NewestPiece) {
        guard isAtLiveEdge, connection.isWritable, cursor.passWhole(newest.index, byteCount: newest.byteCount) else {
            return segmentMoved()
        }
        sentByteCount += newest.chunk.count
        connection.send(newest.chunk) { sent in
            guard case .reading(let segment) = phase else { preconditionFailure("who is at the live edge reads") }
            return segment.pieces[newest.index].chunk.from(sent)
        }
    }

    func segmentMoved() {
        switch phase {
        case .reading(let segment):
            pump(segment)
        case .atEdge(let segment, let range, let arrival):
            if segment.progress == .leftBehind { return cutOff(segment) }
            guard range.selection(of: segment.byteCount, isOpen: segment.progress == .open) != .edge else { return }
            waitTimer?.cancel()
            waitTimer = nil
            phase = .reading(segment)
            select(range, of: segment, arrival, segment.id.tag(lane.incarnation))
            pump(segment)
        case .new, .waiting, .done: break
        }
    }

    /// Sends what there is while the connection takes it. The one place where segments leave the relay.
    private func pump(_ segment: LaneSegment) {
        // A flush tells at once when the connection takes more: then this is not the outermost call, and that one goes on.
        guard case .reading = phase, !isPumping else { return }
        if segment.progress == .leftBehind { return cutOff(segment) }
        isPumping = true
        defer { isPumping = false }
        while connection.isWritable {
            // At the live edge, which is where readers are, there is one piece and nothing in the queue.
            if head == nil, segment.progress == .open, cursor.isAtLastPiece(of: segment.pieces),
                let bytes = cursor.next(in: segment.pieces)
            {
                isAtLiveEdge = true
                sentByteCount += bytes.readableBytes
                bytes.withUnsafeReadableBytes { connection.send($0) { bytes.from($0) } }
                if cursor.isAtEndOfCount { end(segment) }
                return
            }
            var batch: [ByteBuffer] = []
            sentByteCount += cursor.fill(&batch, in: segment.pieces, after: &head)
            if cursor.isAtEndOfCount || (segment.progress != .open && cursor.isAtEnd(of: segment.pieces)) {
                return end(segment, after: batch)
            }
            if batch.isEmpty { return }
            connection.send(batch)
        }
    }

    /// - Parameter batch: what has not been sent yet.
    private func end(_ segment: LaneSegment, after batch: [ByteBuffer] = []) {
        var batch = batch
        if let head = head.take() { batch.append(head) }
        let goesOn = connection.canGoOn(after: request)
        if case .chunks = cursor.form {
            batch.append(lastChunk(of: segment))
        } else if case .aborted = segment.progress, request.isHTTP10, !cursor.isAtEndOfCount {
            leave()
            connection.send(batch)
            return connection.cut(resets: true)
        }
        leave()
        connection.send(batch)
        connection.answerEnded(goesOn: goesOn)
    }

    private func lastChunk(of segment: LaneSegment) -> ByteBuffer {
        var trailers = ""
        if case .aborted(let cause) = segment.progress { trailers = "\(HeaderName.aborted): \(cause.rawValue)\r\n" }
        if let announcedNumber, announcedNumber != segment.number {
            trailers += "\(HeaderName.sequence): \(segment.number)\r\n"
        }
        return trailers.isEmpty ? Self.lastChunk : ByteBuffer(string: "0\r\n\(trailers)\r\n")
    }

    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")

    private func cutOff(_ segment: LaneSegment) {
        var metadata = logMetadata
        metadata["sent_bytes"] = "\(sentByteCount)"
        lane.logger.notice(
            "a reader of \(name)/\(segment.number) was too slow: the window moved past it, and it was cut off",
            metadata: metadata)
        lane.counts.add(.init(readersCut: 1), to: segment.channel)
        leave()
        connection.cut(resets: request.isHTTP10)
    }

    // MARK: Ends

    private func leave() {
        waitTimer?.cancel()
        waitTimer = nil
        switch phase {
        case .waiting(let ticket): lane.leave(ticket, self)
        case .reading(let segment), .atEdge(let segment, _, _): lane.leave(segment, self)
        case .new, .done: break
        }
        phase = .done
        isAtLiveEdge = false
    }

    private func refuse(_ refusal: RelayRefusal) {
        if refusal == .draining, announcedNumber != nil {
            answerAfterEarlyHead("\(HeaderName.aborted): \(AbortCause.relay.rawValue)")
        } else {
            let problem = RequestProblem(refusal)
            answer(ResponseHead(problem), body: problem.body)
        }
    }

    private func answerUnsatisfiable(_ segment: LaneSegment, _ byteCount: Int) {
        var fields = [HeaderField("Content-Range", "bytes */\(byteCount)")]
        if case .aborted(let cause) = segment.progress {
            fields.append(HeaderField(HeaderName.aborted, cause.rawValue))
        }
        let problem = RequestProblem(status: 416, reason: "the segment has \(byteCount) bytes", fields: fields)
        answer(ResponseHead(problem), body: problem.body)
    }

    /// Answers without a segment; after an early head its field comes as a trailer.
    private func answer(_ head: ResponseHead, body: String = "") {
        guard announcedNumber == nil else {
            let telling = [HeaderName.closed, HeaderName.timeout]
            let field = head.fields.first { telling.contains($0.name) }
            return answerAfterEarlyHead(field.map { "\($0.name): \($0.value)" })
        }
        leave()
        connection.answer(head, body: body, to: request)
    }

    private func answerAfterEarlyHead(_ trailer: String?) {
        let goesOn = connection.canGoOn(after: request)
        connection.send([ByteBuffer(string: "0\r\n" + (trailer.map { $0 + "\r\n" } ?? "") + "\r\n")])
        leave()
        connection.answerEnded(goesOn: goesOn)
    }
}
