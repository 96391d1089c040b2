import Synchronization
import TrickleCore

/// Publishes the segments of one channel.
///
/// ```swift
/// let publisher = Publisher(relay: relay, channel: channel)
/// try await publisher.open()
/// let segment = try await publisher.nextSegment()
/// try await segment.write(bytes)
/// try await segment.finish()
/// try await publisher.close()
/// ```
/// While segment n is written, the request for n + 1 is already on the wire, so that its first byte waits for nothing.
/// To a relay that announces `resume` a segment survives its connection: the publisher keeps its bytes until they are acknowledged, comes
/// back under an id of its own, and goes on at the byte where the relay is.
/// A publisher that is dropped without ``close()`` leaves the channel open.
public final class Publisher: Sendable {
    /// How many segments may wait for the relay's answer at once: 3, each with at most one buffer. Beyond that
    /// ``nextSegment()`` waits for the first of them.
    public static let maximumUnacknowledged = SubscriptionState.maximumUnacknowledged

    public let contentType: String
    private let id: PublisherID
    let route: ChannelRoute

    struct State {
        var publication = PublicationState()
        /// The next segment, whose request is on the wire and has no body yet.
        var preconnected: SegmentUpload?
        /// The segment whose number was taken last.
        weak var latest: SegmentUpload?
        /// Segments that were ended without waiting for the answer.
        var unacknowledged: [SegmentUpload] = []
        var statistics = PublisherStatistics()
        /// Whether the relay has been asked for the channel: it may have made it even where its answer did not come.
        var isRequested = false
        var isClosed = false
        var pace = PreconnectPace()
        /// Whether another that publishes the channel is still to be pushed aside.
        var takesOver: Bool
        /// Whether the channel is not ours to close: the relay has said so, or cannot tell whose it is, and it was there before.
        var isTaken = false
    }

    /// How long the request that opens the channel may go on after its caller was cancelled.
    private static let graceAfterCancellation = Duration.milliseconds(150)

    let state: Mutex<State>

    /// - Parameters:
    ///   - contentType: the media type of the channel's segments. A channel keeps the one it was created with.
    ///   - id: who publishes; the same for one that goes on in the place of another.
    ///   - takesOver: whether another that publishes the channel is pushed aside; otherwise the relay refuses this one.
    public init(
        relay: RelayURL, channel: ChannelName, contentType: String = "video/MP2T",
        configuration: ClientConfiguration = .init(), id: PublisherID = PublisherID(), takesOver: Bool = false
    ) {
        self.contentType = contentType
        self.id = id
        state = Mutex(State(takesOver: takesOver))
        route = ChannelRoute(relay: relay, channel: channel, configuration: configuration)
    }

    deinit {
        state.withLock { $0.preconnected }?.cancel()
    }

    public var relay: RelayURL { route.relay }
    public var channel: ChannelName { route.channel }
    /// The number after the highest that was taken; of a channel that was there already not 0, once it is open.
    public var nextSequence: SequenceNumber? { state.withLock { $0.publication.next } }
    public var statistics: PublisherStatistics { state.withLock { $0.statistics } }

    /// Creates the channel, or joins the one that is there and continues its numbering.
    ///
    /// Cancelled while the relay owes its answer, it waits for that 150 ms more, so that a ``close()`` that follows cannot
    /// overtake the request and leave the channel behind.
    ///
    /// - Throws: ``TrickleError``: `relayUnreachable`, `channelNotFound` where the relay creates none on request, `channelTaken`, `accessDenied`, `refused`, …;
    ///   `CancellationError`.
    public func open() async throws {
        let isFirst = state.withLock { !$0.publication.isOpen && !$0.isClosed }
        guard isFirst else { throw TrickleError(.misuse, "the publisher of '\(channel)' was opened twice") }
        var publication = PublicationState(patience: route.configuration.patience)
        var action = publication.open()
        let takesOver = state.withLock { $0.takesOver }
        var lastError: TrickleError?
        while action != .ready {
            let request: TransferRequest
            switch action {
            case .create: request = route.create(contentType: contentType, publisher: id, takesOver: takesOver)
            case .requestNumber: request = route.nextNumber
            case .requestFarNumber: request = route.request(.get, part: SequenceNumber.farAhead.description)
            case .wait(let time):
                try await Task.sleep(for: time)
                action = publication.waited()
                continue
            case .fail(let failure):
                let error = openingError(failure, because: lastError)
                note(error)
                throw error
            case .ready: continue
            }
            try Task.checkCancellation()
            state.withLock { $0.isRequested = true }
            switch try await exchange(request) {
            case (.answered(let head), let body):
                // While it is not known whether it was there before.
                if head.features.isEmpty, !takesOver { state.withLock { $0.isTaken = !id.hasBegun(channel) } }
                lastError = route.refusal(of: "publish '\(channel)'", head: head, body: body ?? [])
                action = publication.answered(
                    action == .create ? head : head.withLatest(fromBody: body), now: .now, jitter: .random(in: 0..<1))
            case (.failed(let failure), _):
                lastError = failure.error
                action = publication.failed(failure.kind, now: .now, jitter: .random(in: 0..<1))
            }
        }
        claim(publication)
        state.withLock { $0.publication = publication }
    }

    /// Decides whose the channel is, where the relay does not.
    private func claim(_ publication: PublicationState) {
        if publication.features.contains(.resume) { return }
        if publication.next == .zero { id.begins(channel) }
        if id.hasBegun(channel) || state.withLock({ $0.takesOver }) { return state.withLock { $0.isTaken = false } }
        state.withLock { $0.isTaken = true }
        let next = publication.next.map { "\($0)" } ?? "its largest"
        route.configuration.logger.notice(
            "the channel '\(channel)' was there before: goes on with segment \(next), and leaves it open at the end. This relay does not tell whether another publishes it"
        )
    }

    /// Asks the relay, and goes on for ``graceAfterCancellation`` when the caller is cancelled.
    private func exchange(_ request: TransferRequest) async throws -> (Transfer.HeadOutcome, body: [UInt8]?) {
        let exchange = Task {
            let transfer = Transfer(request)
            transfer.start()
            let outcome = try await transfer.awaitHead()
            guard case .answered = outcome else { return (outcome, [UInt8]?.none) }
            return (outcome, try await transfer.awaitBody(limit: ChannelRoute.shortBodyLimit))
        }
        return try await withTaskCancellationHandler {
            try await exchange.value
        } onCancel: {
            CurlLoop.shared.schedule(after: Self.graceAfterCancellation) { exchange.cancel() }
        }
    }

    private func openingError(_ failure: PublicationState.Failure, because error: TrickleError?) -> TrickleError {
        if failure == .channelNotFound {
            return TrickleError(
                .channelNotFound,
                "the relay at \(relay) creates no channels on request, and has none named '\(channel)': create it there first",
                status: 404)
        }
        return error ?? route.refusal(of: "publish '\(channel)'", head: nil, body: [])
    }

    /// Begins the next segment. Its request goes out now, its bytes as they are written.
    ///
    /// It may be called before the segment before has been acknowledged; the numbers go up by one with each call.
    ///
    /// - Throws: ``TrickleError``: `channelClosed` when somebody else has closed the channel; whatever became of a segment that
    ///   was ended without waiting; `misuse` before ``open()`` and after ``close()``.
    public func nextSegment() async throws -> SegmentWriter {
        try Task.checkCancellation()
        try checkUnacknowledged()
        while let first = state.withLock({
            $0.unacknowledged.count >= Self.maximumUnacknowledged ? $0.unacknowledged.first : nil
        }) {
            try? await first.awaitOutcome()
            // Then it was this that broke the segment off: no news.
            try Task.checkCancellation()
            try checkUnacknowledged()
        }
        let (upload, isNew) = try takeUpload()
        if isNew { upload.start() }
        return SegmentWriter(upload: upload, publisher: self)
    }

    /// Closes the channel: its readers get what there is, and then its end. Does nothing where ``open()`` has asked the relay for nothing,
    /// and where the channel is another's: on a relay that does not tell, one that had segments before.
    ///
    /// Segments that were ended without waiting are waited for. One that is still being written ends there, and its writer
    /// gets `channelClosed`.
    ///
    /// - Parameter limit: for how long they are waited for; what becomes of them is not told then. nil waits to their end.
    public func close(settlingFor limit: Duration? = nil) async throws {
        let preconnected = state.withLock { state in
            state.isClosed = true
            defer { state.preconnected = nil }
            return state.preconnected
        }
        preconnected?.cancel()
        guard state.withLock({ $0.isRequested }) else { return }
        let settling = Task { try await settle() }
        if let limit { CurlLoop.shared.schedule(after: limit) { settling.cancel() } }
        var failure: (any Error)?
        do {
            try await withTaskCancellationHandler {
                try await settling.value
            } onCancel: {
                settling.cancel()
            }
        } catch {
            failure = error
        }
        if !state.withLock({ $0.isTaken }) { try await deleteChannel() }
        if let failure, limit == nil { throw failure }
    }

    /// Waits until the relay has acknowledged the segments that were ended without waiting.
    ///
    /// - Throws: what became of the first of them that it did not get whole; `CancellationError`.
    public func settle() async throws {
        let uploads = state.withLock { state in
            defer { state.unacknowledged = [] }
            return state.unacknowledged
        }
        var failure: (any Error)?
        for upload in uploads {
            do { try await awaitOutcome(of: upload) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// Takes in what a failure says of whose the channel is.
    func note(_ error: TrickleError) {
        if error.code == .channelTaken || error.code == .accessDenied { state.withLock { $0.isTaken = true } }
        if error.code == .channelClosed || error.code == .channelNotFound { id.loses(channel) }
    }

    private func deleteChannel() async throws {
        var repetition = RepetitionState(patience: route.configuration.patience)
        var request = route.request(.delete)
        request.headers = [(HeaderName.publisher, id.text)]
        // After a break, a connection that was kept may be dead too, and tell so only by its silence.
        request.needsNewConnection = statistics.reconnections > 0
        while true {
            let transfer = Transfer(request)
            transfer.start()
            request.needsNewConnection = true
            let action: RepetitionState.Action
            let reason: TrickleError
            switch try await transfer.awaitHead() {
            case .answered(let head):
                let body = try await transfer.awaitBody(limit: ChannelRoute.shortBodyLimit) ?? []
                // A channel that is not there any more is closed as well. Servers that announce nothing answer 400 then.
                if head.isSuccess || head.status == 404 { return }
                if head.status == 400, head.features.isEmpty { return }
                // Nor is one closed that has become another's.
                if head.status == 409 { return }
                action = repetition.refused(head, now: .now, jitter: .random(in: 0..<1))
                reason = route.refusal(of: "close '\(channel)'", head: head, body: body)
            case .failed(let failure):
                action = repetition.failed(failure.kind, now: .now, jitter: .random(in: 0..<1))
                reason = failure.error
            }
            guard case .wait(let time) = action else { throw reason }
            try await Task.sleep(for: time)
        }
    }
}

// Segments that come and go.
extension Publisher {
    private func takeUpload() throws -> (SegmentUpload, isNew: Bool) {
        try state.withLock { state in
            guard state.publication.isOpen, !state.isClosed else {
                throw TrickleError(.misuse, "the publisher of '\(channel)' is not open: call open() first")
            }
            if let ready = state.preconnected {
                state.preconnected = nil
                switch ready.outcome {
                case nil: return (ready, false)
                case .failure(let error)
                where [.channelClosed, .channelTaken, .accessDenied].contains(error.code):
                    if error.code != .channelClosed { state.isTaken = true }
                    throw error
                // Ended elsewhere: its number is gone.
                case .failure(let error) where error.code == .segmentAborted: break
                case .failure, .success: return (makeUpload(ready.sequence, &state), true)
                }
            }
            guard let sequence = state.publication.takeNumber() else {
                throw TrickleError(.misuse, "the channel '\(channel)' has no numbers left: publish under another name")
            }
            return (makeUpload(sequence, &state), true)
        }
    }

    private func makeUpload(_ sequence: SequenceNumber, _ state: inout State) -> SegmentUpload {
        let resumes = state.publication.features.isSuperset(of: [.resume, .size])
        let takesOver = state.takesOver
        state.takesOver = false
        let upload = SegmentUpload(
            sequence: sequence, route: route, contentType: contentType, publisherID: resumes ? id : nil,
            takesOver: takesOver, after: state.latest)
        state.latest = upload
        return upload
    }

    /// A segment has its first byte: the request for the next goes out, at once or when it will soon be needed.
    func began(_ upload: SegmentUpload) {
        let delay: Duration? = state.withLock { state in
            let delay = state.pace.began(now: .now)
            return state.publication.features.isEmpty ? delay : .zero
        }
        guard let delay else { return }
        if delay <= .zero { return preconnectNext() }
        CurlLoop.shared.schedule(after: delay) { [weak self, sequence = upload.sequence] in
            guard let self, self.state.withLock({ $0.publication.lastTaken == sequence }) else { return }
            self.preconnectNext()
        }
    }

    /// A segment has its end: the request for the next goes out, if it has not yet.
    func ended() {
        state.withLock { $0.pace.ended(now: .now) }
        preconnectNext()
    }

    private func preconnectNext() {
        let next: SegmentUpload? = state.withLock { state in
            guard state.preconnected == nil, !state.isClosed else { return nil }
            state.preconnected = state.publication.takeNumber().map { makeUpload($0, &state) }
            return state.preconnected
        }
        next?.start()
    }

    /// Throws what became of segments that were ended without waiting, once for each.
    private func checkUnacknowledged() throws {
        let settled = state.withLock { state in
            let settled = state.unacknowledged.filter { $0.outcome != nil }
            state.unacknowledged.removeAll { $0.outcome != nil }
            return settled
        }
        var failure: TrickleError?
        for upload in settled {
            count(upload)
            if case .failure(let error) = upload.outcome { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// A writer lets go of a segment before its end. A request that nothing was written to stays for the next writer.
    func abandon(_ upload: SegmentUpload, isUntouched: Bool) {
        let isKept = state.withLock { state in
            let isLast = state.publication.lastTaken == upload.sequence
            guard isUntouched, isLast, state.preconnected == nil, !state.isClosed else { return false }
            state.preconnected = upload
            return true
        }
        if isKept { return }
        upload.abandon()
        count(upload)
    }

    func awaitOutcome(of upload: SegmentUpload) async throws {
        defer { count(upload) }
        try await upload.awaitOutcome()
    }

    func addUnacknowledged(_ upload: SegmentUpload) {
        state.withLock { $0.unacknowledged.append(upload) }
    }

    func wrote(_ count: Int) {
        state.withLock { $0.statistics.bytesSent += count }
    }

    func count(_ upload: SegmentUpload) {
        if case .failure(let error) = upload.outcome { note(error) }
        let isWhole = if case .success = upload.outcome { true } else { false }
        let reconnections = upload.reconnections
        state.withLock { state in
            if isWhole { state.statistics.segmentsFinished += 1 } else { state.statistics.segmentsAborted += 1 }
            state.statistics.reconnections += reconnections
        }
    }
}
