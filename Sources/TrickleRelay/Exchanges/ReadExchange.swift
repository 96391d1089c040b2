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
    var client: ClientAddress? { request.client.household }
    let request: IncomingRequest
    private let writer: any ResponseWriter
    let lane: RelayLane
    private let name: ChannelName
    let position: SegmentPosition
    /// What a ramp says in place of the channel's content type and of `Cache-Control`; nil for the protocol's own readers.
    let rampFields: [HeaderField]?
    private let waitTime: TimeAmount?
    private var phase = Phase.new
    private var cursor = SegmentCursor(in: [])
    /// The number that an early head has named.
    private(set) var announcedNumber: SequenceNumber?
    private var waitTimer: Scheduled<Void>?
    private var isPumping = false
    /// Whether all that was there has gone out, the head with it, and only ``stopReading()`` changes the phase.
    private var isAtLiveEdge = false

    init(
        _ request: IncomingRequest, _ name: ChannelName, _ position: SegmentPosition,
        rampFields: [HeaderField]? = nil
    ) throws(RequestProblem) {
        self.request = request
        writer = request.writer
        self.name = name
        self.position = position
        self.rampFields = rampFields
        lane = request.lane
        let asked = try request.head.waitSeconds().map { TimeAmount.nanoseconds(Int64($0 * 1e9)) }
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

    func cancelled() { stopReading() }

    func accessEnded(_ problem: RequestProblem) {
        let ending = HeaderField(HeaderName.aborted, "access")
        switch phase {
        case .waiting where announcedNumber == nil, .atEdge, .new:
            answer(ResponseHead(problem), body: problem.body)
        case .waiting: endAfterEarlyHead(ending)
        // What has a length has no trailers.
        case .reading where cursor.hasCount:
            stopReading()
            writer.cut()
        case .reading:
            stopReading()
            writer.end(trailers: [ending], isBroken: true)
        case .done: break
        }
    }

    /// At the latest here it shows whose fault a delay was: the reader's, by so many bytes.
    var logMetadata: Logger.Metadata {
        var metadata = request.client.logMetadata
        metadata["side"] = "subscriber"
        metadata["channel"] = "\(name)"
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
        if request.head.wantsEarlyHead {
            announcedNumber = ticket.number
            writer.begin(
                tricklingHead(
                    number: ticket.number, next: ticket.next, byteCount: 0, contentType: contentType, tag: nil),
                tricklingBody)
            writer.flush()
        }
    }

    private func limitWait() {
        guard let waitTime else { return }
        waitTimer = lane.eventLoop.assumeIsolated().scheduleTask(in: waitTime) { self.waitedLongEnough() }
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
                cursor = SegmentCursor(in: segment.pieces)
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
        if request.head.wantsEarlyHead, request.head.range(ifTagged: segment.id.tag(lane.incarnation)) == nil {
            announcedNumber = view.number
        }
        begin(segment, SegmentArrival(next: view.next, byteCount: view.byteCount), hasWaited: false)
    }

    private func begin(_ segment: LaneSegment, _ arrival: SegmentArrival, hasWaited: Bool) {
        let tag = segment.id.tag(lane.incarnation)
        if let range = request.head.range(ifTagged: tag) {
            return select(range, of: segment, arrival, tag)
        }
        // What has waited is told so even where the segment is whole by now, so that all who waited share one head.
        if segment.progress == .open || announcedNumber != nil || (hasWaited && writer.carriesTrailers) {
            cursor = SegmentCursor(in: segment.pieces)
            if hasWaited, rampFields == nil {
                writer.begin(
                    segment.sharedHead(next: arrival.next) {
                        let head = tricklingHead(
                            number: segment.number, next: arrival.next, byteCount: 0,
                            contentType: segment.contentType, tag: tag)
                        return SharedHead(head, tricklingBody)
                    })
            } else {
                writer.begin(
                    tricklingHead(
                        number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
                        contentType: segment.contentType, tag: tag), tricklingBody)
            }
        } else {
            cursor = SegmentCursor(count: segment.byteCount, in: segment.pieces)
            writer.begin(wholeHead(segment, arrival, tag), .counted(segment.byteCount))
        }
        pump(segment)
    }

    private func select(_ range: ByteRange, of segment: LaneSegment, _ arrival: SegmentArrival, _ tag: String) {
        let isOpen = segment.progress == .open
        switch range.selection(of: segment.byteCount, isOpen: isOpen) {
        case .bytes(let bytes):
            cursor = SegmentCursor(from: bytes.lowerBound, count: bytes.count, in: segment.pieces)
            var head = segmentHead(
                206, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
                contentType: segment.contentType, tag: tag, isComplete: segment.progress == .complete)
            let total = isOpen ? "*" : String(segment.byteCount)
            head.add("Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(total)")
            if case .aborted(let cause) = segment.progress { head.add(HeaderName.aborted, cause.rawValue) }
            writer.begin(head, .counted(bytes.count))
            pump(segment)
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
        cursor = SegmentCursor(from: first, in: segment.pieces)
        var head = tricklingHead(
            206, number: segment.number, next: arrival.next, byteCount: arrival.byteCount,
            contentType: segment.contentType, tag: tag)
        head.add("Content-Range", "bytes \(first)-\(ByteRange.endless)/*")
        writer.begin(head, tricklingBody)
        pump(segment)
    }

    func segmentMoved(newest: NewestPiece) {
        guard isAtLiveEdge, writer.isWritable, cursor.passWhole(newest.index, byteCount: newest.byteCount) else {
            return segmentMoved()
        }
        sentByteCount += writer.send(newest)
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
        case .new, .waiting, .done: break
        }
    }

    /// Sends what there is while the connection takes it.
    private func pump(_ segment: LaneSegment) {
        // A flush tells at once when the connection takes more: then this is not the outermost call, and that one goes on.
        guard case .reading = phase, !isPumping else { return }
        if segment.progress == .leftBehind { return cutOff(segment) }
        isPumping = true
        defer { isPumping = false }
        while writer.isWritable {
            let byteCount = cursor.write(to: writer, from: segment.pieces)
            sentByteCount += byteCount
            let isAtEnd = cursor.isAtEnd(of: segment.pieces)
            if cursor.isAtEndOfCount || (segment.progress != .open && isAtEnd) { return end(segment) }
            guard byteCount > 0 else { return }
            isAtLiveEdge = isAtEnd
            writer.flush()
        }
    }

    /// All that was asked for has been written.
    private func end(_ segment: LaneSegment) {
        var trailers: [HeaderField] = []
        if case .aborted(let cause) = segment.progress {
            trailers.append(HeaderField(HeaderName.aborted, cause.rawValue))
        }
        if let announcedNumber, announcedNumber != segment.number {
            trailers.append(HeaderField(HeaderName.sequence, segment.number))
        }
        let isBroken = if case .aborted = segment.progress { !cursor.isAtEndOfCount } else { false }
        stopReading()
        writer.end(trailers: trailers, isBroken: isBroken)
    }

    private func cutOff(_ segment: LaneSegment) {
        var metadata = logMetadata
        metadata["sent_bytes"] = "\(sentByteCount)"
        lane.logger.notice(
            "a reader of \(name)/\(segment.number) was too slow: the window moved past it, and it was cut off",
            metadata: metadata)
        lane.counts.add(.init(readersCut: 1), to: segment.channel)
        stopReading()
        writer.cut()
    }

    // MARK: Ends

    private func stopReading() {
        waitTimer?.cancel()
        waitTimer = nil
        switch phase {
        case .waiting(let ticket): lane.stopWaiting(self, for: ticket)
        case .reading(let segment), .atEdge(let segment, _, _): lane.stopReading(self, of: segment)
        case .new, .done: break
        }
        phase = .done
        isAtLiveEdge = false
    }

    private func refuse(_ refusal: RelayRefusal) {
        if refusal == .draining, announcedNumber != nil {
            endAfterEarlyHead(HeaderField(HeaderName.aborted, AbortCause.relay.rawValue))
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
            return endAfterEarlyHead(head.fields.first { telling.contains($0.name) })
        }
        stopReading()
        request.answer(head, body: ByteBuffer(string: body))
    }

    private func endAfterEarlyHead(_ trailer: HeaderField?) {
        stopReading()
        writer.end(trailers: trailer.map { [$0] } ?? [])
    }
}
