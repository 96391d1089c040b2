import Logging
import NIOCore
import TrickleCore

/// Answers with a ``ChannelStream``: a cursor that goes from segment to segment.
///
///     start ─► reading ◄──► waiting for the next segment ─► done
///                 ▲ └─► behind a gap
///                 └─────── the stream says where to go on
///
/// All that is sent is whole units, whenever it stops.
final class StreamExchange: Exchange, LaneReader {
    private enum Phase {
        case new
        case waiting(ReadTicket)
        case reading(LaneSegment, UnitPieces)
        /// The stream is asked where to go on, or will be when the connection takes bytes again.
        case behind(ChannelStream.Gap, asking: Task<Void, Never>?)
        case done
    }

    let startsAtHead = false
    var place = 0
    private(set) var sentByteCount = 0
    var unit: Int? { stream.unit }
    private let connection: RelayConnection
    private let lane: RelayLane
    private let request: RelayRequest
    private let response: RampResponse
    private var stream: ChannelStream
    private var phase = Phase.new
    private var cursor = SegmentCursor(.chunks, in: [])
    /// The answer's head, until the first bytes go out.
    private var head: ByteBuffer?
    /// What comes before the next bytes of the segment.
    private var preamble: ByteBuffer?
    private var isPumping = false

    init(
        _ connection: RelayConnection, _ request: RelayRequest, _ response: RampResponse, _ stream: ChannelStream
    ) {
        self.connection = connection
        self.request = request
        self.response = response
        self.stream = stream
        lane = connection.lane
    }

    // MARK: Exchange

    func start() {
        var head = ResponseHead(status: response.status, response.headerFields)
        head.fields.append(ResponseHead.unbuffered)
        if !request.isHTTP10 { head.add("Transfer-Encoding", "chunked") }
        // It ends with the channel, or as broken off: hardly ever is there another request.
        head.add("Connection", "close")
        self.head = head.encoded(now: lane.date())
        preamble = stream.preamble
        join(stream.number, from: stream.offset)
    }

    func writable() {
        if case .behind(let gap, nil) = phase { resume(behind: gap) } else { pump() }
    }

    func relayDrains() {
        switch phase {
        case .waiting, .behind: breakOff()
        case .new, .reading, .done: break
        }
    }

    func cancelled() { leave() }

    var logMetadata: Logger.Metadata {
        ["side": "viewer", "channel": "\(stream.channel)", "client": "\(connection.clientAddress)"]
    }

    var lag: Int {
        if case .reading(_, let list) = phase { cursor.bytesLeft(of: list.byteCount) } else { 0 }
    }

    // MARK: From segment to segment

    private func join(_ number: SequenceNumber, from offset: Int = 0) {
        do throws(RelayRefusal) {
            switch try lane.join(self, stream.channel, at: .exact(number)) {
            case .segment(let segment, _): read(segment, from: offset)
            case .waiting(let ticket, _): phase = .waiting(ticket)
            case .closed: end()
            }
        } catch {
            switch error {
            case .segmentNotFound(let asked, _): fallBehind(.lost(before: asked))
            default: refuse(error)
            }
        }
    }

    func waitingEnded(_ outcome: WaitingOutcome) {
        guard case .waiting(let ticket) = phase else { return }
        phase = .done
        switch outcome {
        case .segment(let segment): begin(segment, instead: ticket.number)
        case .closed: end()
        case .refused(.segmentNotFound(let asked, _)): fallBehind(.lost(before: asked))
        case .refused(let refusal): refuse(refusal)
        }
    }

    /// - Parameter number: what was waited for; a channel that begins anew has another number.
    private func begin(_ segment: LaneSegment, instead number: SequenceNumber) {
        if segment.number == number || stream.resume == nil { return read(segment, from: 0) }
        phase = .reading(segment, segment.pieces(inUnitsOf: stream.unit))
        leave()
        fallBehind(.lost(before: segment.number))
    }

    private func read(_ segment: LaneSegment, from offset: Int) {
        let list = segment.pieces(inUnitsOf: stream.unit)
        phase = .reading(segment, list)
        cursor = SegmentCursor(request.isHTTP10 ? .payload : .chunks, from: offset, in: list.pieces)
        pump()
    }

    private func goOn(after segment: LaneSegment) {
        leave()
        let next = segment.number.next ?? segment.number
        if segment.progress == .complete { join(next) } else { fallBehind(.lost(before: next)) }
    }

    // MARK: Sending

    func segmentMoved(newest: NewestPiece) {
        guard head == nil, preamble == nil, connection.isWritable, case .reading(_, let list) = phase,
            cursor.passWhole(newest.index, byteCount: newest.byteCount)
        else { return segmentMoved() }
        sentByteCount += newest.chunk.count
        connection.send(newest.chunk) { sent in list.pieces[newest.index].chunk.from(sent) }
    }

    func segmentMoved() {
        if case .reading(let segment, _) = phase, segment.progress == .leftBehind {
            lane.counts.add(.init(readersCut: 1), to: segment.channel)
            leave()
            fallBehind(.fellBehind)
        } else {
            pump()
        }
    }

    /// Sends what there is, of one segment after the other, while the connection takes it.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while connection.isWritable, case .reading(let segment, let list) = phase {
            var batch = takeBeginning()
            var nothing: ByteBuffer?
            sentByteCount += cursor.fill(&batch, in: list.pieces, after: &nothing)
            if !batch.isEmpty {
                connection.send(batch)
            } else if segment.progress == .open {
                return
            } else {
                goOn(after: segment)
            }
        }
    }

    /// What has not gone out of the head and the preamble.
    private func takeBeginning() -> [ByteBuffer] {
        var beginning: [ByteBuffer] = []
        if let head = head.take() { beginning.append(head) }
        if let preamble = preamble.take(), preamble.readableBytes > 0 {
            beginning.append(
                request.isHTTP10 ? preamble : EncodedPiece(payload: preamble.readableBytesView).chunk)
        }
        return beginning
    }

    // MARK: Gaps

    private func fallBehind(_ gap: ChannelStream.Gap) {
        phase = .behind(gap, asking: nil)
        guard stream.resume != nil, !lane.isDraining else { return breakOff() }
        if connection.isWritable { resume(behind: gap) }
    }

    private func resume(behind gap: ChannelStream.Gap) {
        guard let resume = stream.resume else { return breakOff() }
        let exchange = NIOLoopBound(self, eventLoop: connection.eventLoop)
        let eventLoop = connection.eventLoop
        let asking = Task {
            let next = await resume(gap)
            eventLoop.execute { exchange.value.resumed(with: next) }
        }
        phase = .behind(gap, asking: asking)
    }

    private func resumed(with next: ChannelStream?) {
        guard case .behind(let gap, .some) = phase else { return }
        guard let next else { return hasEnded(before: gap) ? end() : breakOff() }
        precondition(next.unit == stream.unit, "a stream keeps its unit")
        if gap == .fellBehind {
            lane.logger.notice(
                "a viewer of \(stream.channel) was too slow: it goes on at segment \(next.number)",
                metadata: logMetadata)
        }
        stream = next
        preamble = next.preamble
        phase = .new
        join(next.number, from: next.offset)
    }

    private func hasEnded(before gap: ChannelStream.Gap) -> Bool {
        guard case .lost(let number) = gap else { return false }
        let answer = try? lane.store.perform(on: nil) { (store, _) throws(RelayRefusal) in
            try store.read(stream.channel, at: .exact(number))
        }
        if case .closed = answer { return true }
        return false
    }

    // MARK: Ends

    /// Lets go of what is read or waited for.
    private func leave() {
        switch phase {
        case .waiting(let ticket): lane.leave(ticket, self)
        case .reading(let segment, _): lane.leave(segment, self)
        case .behind(_, let asking): asking?.cancel()
        case .new, .done: break
        }
        sentByteCount = 0
        phase = .done
    }

    /// The channel has ended.
    private func end() {
        leave()
        var last = takeBeginning()
        if !request.isHTTP10 { last.append(ByteBuffer(string: "0\r\n\r\n")) }
        connection.send(last)
        connection.answerEnded(goesOn: false)
    }

    /// Ends in the middle, so that nobody takes it for the end.
    private func breakOff() {
        leave()
        guard head == nil else { return refuse(.draining) }
        connection.cut(resets: request.isHTTP10)
    }

    private func refuse(_ refusal: RelayRefusal) {
        leave()
        guard head != nil else { return connection.cut(resets: request.isHTTP10) }
        let problem = RequestProblem(refusal)
        connection.answer(ResponseHead(problem), body: problem.body, to: request)
    }
}
