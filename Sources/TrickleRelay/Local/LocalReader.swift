import NIOCore
import TrickleCore

/// Reads one segment for the program that the relay runs in: a cursor on a lane, as every reader, that is asked for its next
/// bytes instead of sending them.
///
/// Lives on the lane's event loop; the calls that come from elsewhere hop there.
final class LocalReader: LaneReader, @unchecked Sendable {
    private enum Phase {
        case new
        case waiting(ReadTicket)
        case reading(LaneSegment)
        case done
    }

    var place = 0
    private(set) var sentByteCount = 0
    private let lane: RelayLane
    private var phase = Phase.new
    private var cursor = SegmentCursor(in: [])
    private var head: EventLoopPromise<AnswerHead>?
    private var bytes: EventLoopPromise<ByteBuffer?>?

    init(lane: RelayLane) {
        self.lane = lane
    }

    /// Asks for a segment, as a GET does, and waits as long as one.
    func open(_ name: ChannelName, at position: SegmentPosition) async throws -> AnswerHead {
        try await onLane { self.join(name, position) }
    }

    /// The next bytes, without a copy; nil at the segment's proper end.
    ///
    /// - Throws: ``TrickleError`` with `segmentAborted` or `segmentCut`.
    func nextBytes() async throws -> ByteBuffer? {
        try await onLane { self.takeBytes() }
    }

    /// Lets go of the segment.
    func close() {
        guard lane.store.localCalls.begin() else { return }
        lane.eventLoop.execute {
            self.stopReading()
            self.lane.store.localCalls.ended()
        }
    }

    private func onLane<Value: Sendable>(_ body: @escaping @Sendable () -> EventLoopFuture<Value>) async throws -> Value
    {
        guard lane.store.localCalls.begin() else { throw TrickleError(.relayBusy, "the relay is going down") }
        defer { lane.store.localCalls.ended() }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await lane.eventLoop.flatSubmit(body).get()
        } onCancel: {
            close()
        }
    }

    // MARK: On the event loop

    private func join(_ name: ChannelName, _ position: SegmentPosition) -> EventLoopFuture<AnswerHead> {
        let promise = lane.eventLoop.makePromise(of: AnswerHead.self)
        guard case .new = phase else {
            promise.fail(CancellationError())
            return promise.futureResult
        }
        do throws(RelayRefusal) {
            switch try lane.join(self, name, at: position) {
            case .segment(let segment, let view):
                begin(segment)
                promise.succeed(AnswerHead(segment, next: view.next, byteCount: view.byteCount))
            case .waiting(let ticket, _):
                phase = .waiting(ticket)
                head = promise
            case .closed(let next):
                promise.succeed(AnswerHead(closedAt: next))
            }
        } catch {
            promise.succeed(AnswerHead(error))
        }
        return promise.futureResult
    }

    func waitingEnded(_ outcome: WaitingOutcome) {
        guard case .waiting(let ticket) = phase else { return }
        phase = .done
        let promise = head.take()
        switch outcome {
        case .segment(let segment):
            begin(segment)
            promise?.succeed(AnswerHead(segment, next: ticket.next, byteCount: 0))
        case .closed(let next): promise?.succeed(AnswerHead(closedAt: next))
        case .refused(let refusal): promise?.succeed(AnswerHead(refusal))
        }
    }

    private func begin(_ segment: LaneSegment) {
        phase = .reading(segment)
        cursor = SegmentCursor(in: segment.pieces)
    }

    private func takeBytes() -> EventLoopFuture<ByteBuffer?> {
        let promise = lane.eventLoop.makePromise(of: ByteBuffer?.self)
        bytes?.fail(TrickleError(.misuse, "a segment's body has one reader"))
        bytes = promise
        deliver()
        return promise.futureResult
    }

    func segmentMoved() { deliver() }

    var lag: Int {
        if case .reading(let segment) = phase { cursor.bytesLeft(of: segment.byteCount) } else { 0 }
    }

    private func deliver() {
        guard let promise = bytes else { return }
        guard case .reading(let segment) = phase else {
            bytes = nil
            promise.fail(CancellationError())
            return
        }
        if segment.progress == .leftBehind {
            end(
                promise, .failure(TrickleError(.segmentCut, "segment \(segment.number) left the relay's window unread"))
            )
        } else if let piece = cursor.nextPayload(in: segment.pieces) {
            bytes = nil
            sentByteCount += piece.readableBytes
            promise.succeed(piece)
        } else {
            switch segment.progress {
            case .open, .leftBehind: break
            case .complete: end(promise, .success(nil))
            case .aborted(let cause):
                let message = "segment \(segment.number) is not whole: it was broken off by the \(cause.rawValue)"
                end(promise, .failure(TrickleError(.segmentAborted, message)))
            }
        }
    }

    private func end(_ promise: EventLoopPromise<ByteBuffer?>, _ result: Result<ByteBuffer?, TrickleError>) {
        bytes = nil
        stopReading()
        promise.completeWith(result.mapError { $0 })
    }

    private func stopReading() {
        switch phase {
        case .waiting(let ticket): lane.stopWaiting(self, for: ticket)
        case .reading(let segment): lane.stopReading(self, of: segment)
        case .new, .done: break
        }
        phase = .done
        head.take()?.fail(CancellationError())
        bytes.take()?.fail(CancellationError())
    }
}

extension AnswerHead {
    fileprivate init(_ segment: LaneSegment, next: SequenceNumber, byteCount: Int) {
        self.init(status: 200)
        sequence = segment.number
        latest = next == segment.number ? nil : next
        size = byteCount
        contentType = segment.contentType ?? "application/octet-stream"
        features = RelayFeatures(headerValue: CommonFields.features)
    }

    fileprivate init(closedAt next: SequenceNumber) {
        self.init(status: 200)
        isChannelClosed = true
        sequence = next
    }

    fileprivate init(_ refusal: RelayRefusal) {
        self.init(status: RequestProblem(refusal).status)
        if case .segmentNotFound(let asked, let next) = refusal {
            sequence = asked
            latest = next
        }
        features = RelayFeatures(headerValue: CommonFields.features)
    }
}
