import Suspension
import Synchronization
import TrickleCore

/// One segment on its way to the relay: joins the segment's state, its bytes, and the requests that carry them.
///
/// Its events come on the loop's thread; its outcome is read from any.
final class SegmentUpload: Sendable {
    let sequence: SequenceNumber
    private let route: ChannelRoute
    private let contentType: String
    /// Who publishes, to a relay that goes on with a segment whose connection broke; nil for others.
    private let publisherID: PublisherID?
    /// Whether others that publish the channel are pushed aside.
    private let takesOver: Bool
    private let buffer: UploadBuffer
    private weak let predecessor: SegmentUpload?

    private struct State {
        var publication: SegmentPublicationState
        var transfer: Transfer?
        /// The request that was made last, even after the outcome: one that ends empty goes on by itself.
        weak var lastTransfer: Transfer?
        /// Called with the outcome.
        var successors: [@Sendable () -> Void] = []
        var outcome: Result<Void, TrickleError>?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var waitingCount = 0
        /// A connection has broken: what is left of others may be as dead.
        var hasBroken = false
        var reconnections = 0

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            defer { waiting = [:] }
            return Array(waiting.values)
        }
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - publisherID: who publishes, where a broken segment can be gone on with.
    ///   - predecessor: the segment before. A relay takes the owner's first byte of a later segment for the end of one that is broken, so
    ///     nothing of this one leaves between the end of that one and its outcome.
    init(
        sequence: SequenceNumber, route: ChannelRoute, contentType: String, publisherID: PublisherID?,
        takesOver: Bool = false, after predecessor: SegmentUpload? = nil
    ) {
        self.sequence = sequence
        self.route = route
        self.contentType = contentType
        self.publisherID = publisherID
        self.takesOver = takesOver
        let resumes = publisherID != nil
        self.predecessor = resumes ? predecessor : nil
        buffer = UploadBuffer(keepsTaken: resumes)
        let patience = route.configuration.patience
        state = Mutex(State(publication: SegmentPublicationState(patience: patience, resumes: resumes)))
        guard let predecessor = self.predecessor else { return }
        buffer.hold()
        predecessor.whenSettled { [weak self] in self?.release() }
    }

    private func whenSettled(_ act: @escaping @Sendable () -> Void) {
        let isSettled = state.withLock { state in
            if state.outcome != nil { return true }
            state.successors.append(act)
            return false
        }
        if isSettled { act() }
    }

    private func release() {
        if buffer.release() { state.withLock { $0.lastTransfer }?.resumeUpload() }
    }

    /// How the segment ended; nil while it goes on.
    var outcome: Result<Void, TrickleError>? { state.withLock { $0.outcome } }
    /// How often its request was made again.
    var reconnections: Int { state.withLock { $0.reconnections } }

    /// Puts the request on the wire. Its body may come much later.
    func start() { carryOut(state.withLock { $0.publication.start() }, because: nil) }

    /// - Throws: the ``TrickleError`` that ended the segment; `CancellationError`, after which the segment is abandoned.
    func write(_ bytes: ArraySlice<UInt8>) async throws {
        var rest = bytes
        // Whoever writes two segments at once has them sent at once.
        if let predecessor, predecessor.buffer.byteCount == nil, predecessor.outcome == nil { release() }
        while true {
            try throwIfEnded()
            let (count, wakesConnection) = buffer.append(rest)
            if wakesConnection { state.withLock { $0.transfer }?.resumeUpload() }
            rest = rest.dropFirst(count)
            if rest.isEmpty { return }
            await buffer.waitForRoom()
            if Task.isCancelled {
                abandon()
                throw CancellationError()
            }
        }
    }

    private func throwIfEnded() throws {
        switch outcome {
        case nil: return
        case .failure(let error): throw error
        case .success: throw TrickleError(.misuse, "segment \(sequence) was written to after its end")
        }
    }

    /// All bytes have been written.
    func end() {
        if buffer.end() { state.withLock { $0.transfer }?.resumeUpload() }
    }

    /// Returns when the relay has acknowledged the segment.
    ///
    /// - Throws: the ``TrickleError`` that ended it otherwise; `CancellationError`, after which the segment is abandoned.
    func awaitOutcome() async throws {
        let ticket = state.withLock { state in
            state.waitingCount += 1
            return state.waitingCount
        }
        await state.wait(unless: { $0.outcome != nil }, keep: { $0.waiting[ticket] = $1 }) {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
        switch outcome {
        case .success: return
        case .failure(let error): throw error
        case nil:
            abandon()
            throw CancellationError()
        }
    }

    /// Breaks the segment off; one of which nothing has left ends empty, so that nobody waits for its number.
    func abandon() {
        let transfer = state.withLock { $0.transfer }
        let endsEmpty = buffer.abandon()
        settle(.failure(Self.aborted(sequence)))
        if endsEmpty { transfer?.resumeUpload() } else { transfer?.cancel() }
    }

    /// Lets go of a request that nothing was written to: the relay takes it as never made.
    func cancel() {
        let transfer = state.withLock { $0.transfer }
        settle(.failure(Self.aborted(sequence)))
        transfer?.cancel()
    }

    private static func aborted(_ sequence: SequenceNumber) -> TrickleError {
        TrickleError(.segmentAborted, "segment \(sequence) was aborted by this program")
    }

    private func settle(_ outcome: Result<Void, TrickleError>) {
        let (waiting, successors) = state.withLock { state in
            if state.outcome == nil { state.outcome = outcome }
            state.transfer = nil
            defer { state.successors = [] }
            return (state.takeWaiting(), state.successors)
        }
        for continuation in waiting { continuation.resume() }
        for successor in successors { successor() }
        buffer.wakeWriter()
    }
}

// Requests, and what becomes of them.
extension SegmentUpload {
    private func carryOut(_ action: SegmentPublicationState.Action, because error: TrickleError?) {
        switch action {
        case .post(let offset): post(from: offset)
        case .locate:
            var request = route.request(.head, part: sequence.description)
            request.needsNewConnection = true
            start(Transfer(request) { self.located($0) })
        case .createChannel:
            var request = route.create(contentType: contentType, publisher: publisherID, takesOver: takesOver)
            request.needsNewConnection = true
            start(Transfer(request) { self.channelAnswered($0) })
        case .wait(let time):
            let reason = error?.message ?? "the relay is busy"
            route.configuration.logger.debug("segment \(sequence) tries again in \(time): \(reason)")
            CurlLoop.shared.schedule(after: time) { [weak self] in
                guard let self, self.outcome == nil else { return }
                self.carryOut(self.state.withLock { $0.publication.waited() }, because: nil)
            }
        case .acknowledge: settle(.success(()))
        case .fail(let failure): settle(.failure(self.error(for: failure, because: error)))
        }
    }

    private func post(from offset: Int) {
        guard buffer.restart(from: offset) else {
            let text = "the relay wants segment \(sequence) from byte \(offset) on, which this program has no more"
            return settle(.failure(TrickleError(.connectionLost, text)))
        }
        var request = route.request(.post, part: sequence.description)
        request.headers = [("Content-Type", contentType)]
        if let publisherID { request.headers.append((HeaderName.publisher, publisherID.text)) }
        if takesOver { request.headers.append((HeaderName.reset, "1")) }
        if offset > 0 { request.headers.append((HeaderName.offset, String(offset))) }
        request.needsNewConnection = state.withLock { state in
            if state.hasBroken { state.reconnections += 1 }
            return state.hasBroken
        }
        request.upload = buffer
        request.isAnsweredAtOnce = false
        start(Transfer(request) { self.segmentAnswered($0) })
    }

    private func start(_ transfer: Transfer) {
        let isWanted = state.withLock { state in
            guard state.outcome == nil else { return false }
            state.transfer = transfer
            state.lastTransfer = transfer
            return true
        }
        if isWanted { transfer.start() }
    }

    private func segmentAnswered(_ transfer: Transfer) {
        let progress = buffer.progress
        report(transfer) { publication, now, jitter in
            switch transfer.requestOutcome {
            case .answered(let head):
                publication.answered(head, progress: progress, now: now, jitter: jitter)
            case .failed(let failure):
                publication.failed(failure.kind, progress: progress, now: now, jitter: jitter)
            }
        }
    }

    private func located(_ transfer: Transfer) {
        let byteCount = buffer.byteCount
        report(transfer) { publication, now, jitter in
            switch transfer.requestOutcome {
            case .answered(let head): publication.located(head, byteCount: byteCount, now: now, jitter: jitter)
            case .failed(let failure):
                publication.failed(failure.kind, progress: .nothingSent, now: now, jitter: jitter)
            }
        }
    }

    private func channelAnswered(_ transfer: Transfer) {
        report(transfer) { publication, now, jitter in
            switch transfer.requestOutcome {
            case .answered(let head) where head.isSuccess: publication.channelCreated()
            case .answered(let head):
                publication.answered(head, progress: .nothingSent, now: now, jitter: jitter)
            case .failed(let failure):
                publication.failed(failure.kind, progress: .nothingSent, now: now, jitter: jitter)
            }
        }
    }

    private func report(
        _ transfer: Transfer,
        _ event: (inout SegmentPublicationState, _ now: Duration, _ jitter: Double) -> SegmentPublicationState.Action
    ) {
        let action: SegmentPublicationState.Action? = state.withLock { state in
            guard state.outcome == nil else { return nil }
            switch transfer.requestOutcome {
            case .answered: route.outages.answered()
            case .failed(let failure):
                state.hasBroken = true
                route.outages.failed(failure.error)
            }
            return event(&state.publication, .now, .random(in: 0..<1))
        }
        guard let action else { return }
        let reason: TrickleError =
            switch transfer.requestOutcome {
            case .answered(let head):
                route.refusal(
                    of: "publish segment \(sequence) of '\(route.channel)'", head: head,
                    body: transfer.takeBufferedBody())
            case .failed(let failure): failure.error
            }
        carryOut(action, because: reason)
    }

    private func error(for failure: SegmentPublicationState.Failure, because error: TrickleError?) -> TrickleError {
        switch failure {
        case .channelClosed: .channelClosed(route.channel, relay: route.relay)
        case .channelNotFound: .channelNotFound(route.channel, relay: route.relay)
        case .endedElsewhere:
            TrickleError(
                .segmentAborted,
                "segment \(sequence) of '\(route.channel)' was ended by somebody else: go on with the next one")
        case .lost(let status):
            TrickleError(
                .segmentCut,
                "segment \(sequence) of '\(route.channel)' was lost: "
                    + (status.map { "the relay broke off in the middle of it (\($0))" }
                        ?? "the connection broke in the middle of it, and this relay cannot go on there"),
                status: status, underlying: error)
        case .broken, .unreachable, .busy, .refused:
            error
                ?? route.refusal(
                    of: "publish segment \(sequence) of '\(route.channel)'", head: nil, body: [])
        }
    }
}

extension Transfer {
    /// What came of a transfer that has ended: an answer whose body broke off still counts by its head.
    var requestOutcome: HeadOutcome {
        if let head { return .answered(head) }
        guard case .failed(let failure) = ending else { preconditionFailure("a transfer completed without a head") }
        return .failed(failure)
    }
}
