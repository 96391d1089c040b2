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
    var client: ClientAddress? { request.client.household }
    var unit: Int? { stream.unit }
    private let request: IncomingRequest
    private let writer: any ResponseWriter
    private let lane: RelayLane
    private let response: RampResponse
    private var stream: ChannelStream
    private var phase = Phase.new
    private var cursor = SegmentCursor(in: [])
    /// Whether the answer's head has gone out, which it does with the first bytes.
    private var hasBegun = false
    /// What comes before the next bytes of the segment.
    private var preamble: ByteBuffer?
    private var isPumping = false

    init(
        _ request: IncomingRequest, _ response: RampResponse, _ stream: ChannelStream
    ) {
        self.request = request
        writer = request.writer
        self.response = response
        self.stream = stream
        lane = request.lane
    }

    // MARK: Exchange

    func start() {
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

    func accessEnded(_ problem: RequestProblem) {
        letGo()
        hasBegun ? writer.cut() : request.refuse(problem)
    }

    func cancelled() { letGo() }

    var logMetadata: Logger.Metadata {
        request.client.logMetadata.merging(["side": "viewer", "channel": "\(stream.channel)"]) { $1 }
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
        letGo()
        fallBehind(.lost(before: segment.number))
    }

    private func read(_ segment: LaneSegment, from offset: Int) {
        let list = segment.pieces(inUnitsOf: stream.unit)
        phase = .reading(segment, list)
        cursor = SegmentCursor(from: offset, in: list.pieces)
        pump()
    }

    private func goOn(after segment: LaneSegment) {
        letGo()
        let next = segment.number.next ?? segment.number
        if segment.progress == .complete { join(next) } else { fallBehind(.lost(before: next)) }
    }

    // MARK: Sending

    func segmentMoved(newest: NewestPiece) {
        guard hasBegun, preamble == nil, writer.isWritable, case .reading = phase,
            cursor.passWhole(newest.index, byteCount: newest.byteCount)
        else { return segmentMoved() }
        sentByteCount += writer.send(newest)
    }

    func segmentMoved() {
        if case .reading(let segment, _) = phase, segment.progress == .leftBehind {
            lane.counts.add(.init(readersCut: 1), to: segment.channel)
            letGo()
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
        while writer.isWritable, case .reading(let segment, let list) = phase {
            let hasWrittenBeginning = writeBeginning()
            let byteCount = cursor.write(to: writer, from: list.pieces)
            sentByteCount += byteCount
            if hasWrittenBeginning || byteCount > 0 {
                writer.flush()
            } else if segment.progress == .open {
                return
            } else {
                goOn(after: segment)
            }
        }
    }

    /// Writes what has not gone out of the head and the preamble.
    ///
    /// - Returns: whether there was anything.
    private func writeBeginning() -> Bool {
        let writesHead = !hasBegun
        if writesHead {
            hasBegun = true
            var head = ResponseHead(status: response.status, response.headerFields)
            head.fields.append(ResponseHead.unbuffered)
            writer.begin(head, .endless)
        }
        guard let preamble = preamble.take(), preamble.readableBytes > 0 else { return writesHead }
        writer.write(preamble)
        return true
    }

    // MARK: Gaps

    private func fallBehind(_ gap: ChannelStream.Gap) {
        phase = .behind(gap, asking: nil)
        guard stream.resume != nil, !lane.isDraining else { return breakOff() }
        if writer.isWritable { resume(behind: gap) }
    }

    private func resume(behind gap: ChannelStream.Gap) {
        guard let resume = stream.resume else { return breakOff() }
        let exchange = NIOLoopBound(self, eventLoop: lane.eventLoop)
        let eventLoop = lane.eventLoop
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
    private func letGo() {
        switch phase {
        case .waiting(let ticket): lane.stopWaiting(self, for: ticket)
        case .reading(let segment, _): lane.stopReading(self, of: segment)
        case .behind(_, let asking): asking?.cancel()
        case .new, .done: break
        }
        sentByteCount = 0
        phase = .done
    }

    /// The channel has ended.
    private func end() {
        letGo()
        _ = writeBeginning()
        writer.end()
    }

    /// Ends in the middle, so that nobody takes it for the end.
    private func breakOff() {
        letGo()
        guard hasBegun else { return refuse(.draining) }
        writer.cut()
    }

    private func refuse(_ refusal: RelayRefusal) {
        letGo()
        guard !hasBegun else { return writer.cut() }
        request.refuse(RequestProblem(refusal))
    }
}
