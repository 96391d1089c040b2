import Logging
import NIOCore
import TrickleCore

/// Answers a POST of a segment: each read of the connection becomes one piece.
final class PublishExchange: Exchange {
    private enum Phase {
        case new
        case publishing(PublicationID)
        case done
    }

    let startsAtHead = true
    private let request: IncomingRequest
    private let lane: RelayLane
    private let name: ChannelName
    private let publishRequest: PublishRequest
    private var phase = Phase.new
    private var pending = CollectedBytes()
    /// Whether the lane will call ``publishCollected()``.
    private var isCollecting = false
    private var pace = CoalescingPace()
    private var isIdle = true
    /// Since when no byte has come, as the lane's ticks see it; nil while some come, and before the first.
    private var silentSince: NIODeadline?
    private var hasTold = false
    private var byteCount = 0
    /// When the next `100 Continue` goes to a publisher that has sent nothing yet; nil for none.
    private var continueDue: NIODeadline?
    /// Deployed clients give up at the sixth `100 Continue`.
    private var continuesLeft = 4

    init(
        _ request: IncomingRequest, _ name: ChannelName, _ position: SegmentPosition
    ) throws(RequestProblem) {
        self.request = request
        self.name = name
        var publishRequest = try request.head.publishRequest(at: position)
        publishRequest.client = request.client.household.hashValue
        self.publishRequest = publishRequest
        lane = request.lane
    }

    // MARK: Exchange

    func start() {
        do throws(RelayRefusal) {
            let id = try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                try store.openPublication(in: name, publishRequest, on: lane.id, now: now)
            }
            phase = .publishing(id)
            lane.publisherJoined(id, self)
            if request.head.expectsContinue { request.writer.sendContinue() }
            if request.head.hasBody { continueDue = .now() + continueInterval }
        } catch {
            refuse(error)
        }
    }

    func received(_ bytes: ByteBuffer) {
        guard case .publishing = phase, bytes.readableBytes > 0 else { return }
        continueDue = nil
        isIdle = false
        byteCount += bytes.readableBytes
        if silentSince != nil { silenceEnded() }
        var rest = bytes
        while rest.readableBytes > 0 {
            pending.take(&rest)
            if pending.isFull { publishPending() }
            guard case .publishing = phase else { return }
        }
    }

    func readComplete() {
        guard pending.byteCount > 0 else { return }
        guard isCollecting || holds() else { return publishPending() }
        // The store holds them: whoever ends the segment meanwhile finds them there.
        publishPending(waits: true)
        guard !isCollecting else { return }
        isCollecting = true
        lane.publishSoon(self)
    }

    private func holds() -> Bool {
        if lane.configuration.coalescing == .never { return false }
        let now = NIODeadline.now()
        return pace.holds(now: now, within: lane.coalesceInterval(now: now))
    }

    /// The time for which bytes are held is over.
    func publishCollected() {
        isCollecting = false
        pace.left(now: .now())
        guard case .publishing(let id) = phase else { return }
        do throws(RelayRefusal) {
            try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in try store.release(id, now: now) }
        } catch {
            refuse(error)
        }
    }

    private func publishPending(waits: Bool = false) {
        guard case .publishing(let id) = phase, let piece = pending.takePiece() else { return }
        do throws(RelayRefusal) {
            let answer = try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                waits ? try store.hold(piece, for: id, now: now) : try store.append(piece, to: id, now: now)
            }
            if case .ended(let end) = answer { answerEnd(end) }
        } catch {
            refuse(error)
        }
    }

    func receivedEnd() {
        guard case .publishing(let id) = phase else { return }
        let piece = pending.takePiece()
        do throws(RelayRefusal) {
            // Under one lock, so that the last bytes and the end reach the readers together.
            let answer = try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                if let piece {
                    let answer = try store.append(piece, to: id, now: now)
                    if case .ended = answer { return answer }
                }
                return try store.finish(id, now: now)
            }
            switch answer {
            case .taken(let number):
                lane.logger.debug("segment \(name)/\(number) ended", metadata: logMetadata)
                endPublication()
                request.answer(published(number))
            case .ended(let end): answerEnd(end)
            }
        } catch {
            refuse(error)
        }
    }

    // MARK: Time

    /// To be called about once a second.
    func tick(now: NIODeadline) {
        continueWaiting(now: now)
        checkSilence(now: now)
    }

    // MARK: The log

    private func checkSilence(now: NIODeadline) {
        guard case .publishing = phase, !isIdle else { return }
        guard let since = silentSince else {
            silentSince = now
            return
        }
        if !hasTold, now - since >= TimeAmount(lane.configuration.silenceToTell) {
            hasTold = true
            lane.logger.info(
                "the publisher of \(name)/\(publishRequest.position) is silent in the middle of a segment",
                metadata: logMetadata)
        }
    }

    private func silenceEnded() {
        if hasTold, let since = silentSince {
            let milliseconds = (NIODeadline.now() - since).nanoseconds / 1_000_000
            var metadata = logMetadata
            metadata["silent_ms"] = "\(milliseconds)"
            lane.logger.info("the publisher of \(name)/\(publishRequest.position) goes on", metadata: metadata)
        }
        silentSince = nil
        hasTold = false
    }

    var logMetadata: Logger.Metadata {
        let metadata: Logger.Metadata = [
            "side": "publisher", "channel": "\(name)", "segment": "\(publishRequest.position)", "bytes": "\(byteCount)",
        ]
        return request.client.logMetadata.merging(metadata) { $1 }
    }

    func relayDrains() {
        // The store has ended the publication, and wakes this exchange for it.
    }

    func accessEnded(_ problem: RequestProblem) {
        guard case .publishing = phase else { return }
        breakPublication()
        request.refuse(problem)
    }

    func cancelled() {
        guard case .publishing = phase else { return }
        if !isIdle {
            lane.logger.notice(
                "a publisher of \(name)/\(publishRequest.position) broke off: without the end of its segment",
                metadata: logMetadata)
        }
        breakPublication()
    }

    /// Ends the segment without its end.
    private func breakPublication() {
        guard case .publishing(let id) = phase else { return }
        // What came before the break belongs to the segment.
        let piece = pending.takePiece()
        endPublication()
        try? lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
            if let piece { _ = try store.append(piece, to: id, now: now) }
            store.breakPublication(id, now: now)
        }
    }

    /// The publication is over though its body is not: the store says why.
    func endedByOthers() {
        guard case .publishing(let id) = phase else { return }
        guard let end = lane.store.perform(on: nil, { store, _ in store.end(of: id) }) else { return }
        answerEnd(end)
    }

    // MARK: Answers

    private func published(_ number: SequenceNumber) -> ResponseHead {
        ResponseHead(
            status: 200, [HeaderField(HeaderName.sequence, number), HeaderField("Cache-Control", "no-store")])
    }

    private func answerEnd(_ end: PublicationEnd) {
        guard case .publishing(let id) = phase else { return }
        endPublication()
        lane.store.perform(on: lane) { store, now in store.breakPublication(id, now: now) }
        switch end {
        case .segmentEnded(let number):
            request.answer(published(number))
        case .channelClosed:
            let fields = [HeaderField(HeaderName.closed, "terminated"), HeaderField("Cache-Control", "no-store")]
            request.answer(ResponseHead(status: 200, fields))
        case .superseded(let number):
            request.refuse(
                RequestProblem(status: 409, reason: "another publisher began again before segment \(number)"))
        case .relayDraining:
            request.refuse(RequestProblem(.draining))
        case .outOfMemory:
            request.refuse(RequestProblem(.outOfMemory(limit: lane.store.limits.memoryByteCount)))
        }
    }

    private func refuse(_ refusal: RelayRefusal) {
        endPublication()
        request.refuse(RequestProblem(refusal))
    }

    /// What its client has sent here.
    var figures: ClientFigures.Figures { .init(bytesIn: byteCount) }
    var client: ClientAddress { request.client.household }

    private func endPublication() {
        pending.removeAll()
        if case .publishing(let id) = phase {
            lane.publisherLeft(id)
            lane.clients.add(figures, of: client)
        }
        phase = .done
    }

    // MARK: 100 Continue

    private var continueInterval: TimeAmount { TimeAmount(lane.configuration.continueInterval) }

    private func continueWaiting(now: NIODeadline) {
        guard let due = continueDue, due <= now else { return }
        request.writer.sendContinue()
        continuesLeft -= 1
        continueDue = continuesLeft > 0 ? due + continueInterval : nil
    }
}
