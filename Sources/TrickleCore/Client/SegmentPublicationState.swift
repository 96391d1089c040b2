/// How one segment comes to the relay: its requests, and what their ends mean.
///
/// ```
///           ┌──────── waiting ◄──── nothing lost, or no progress ────┐
///           ▼                                                        │
///  idle ─► posting ── answered after the end ─► acknowledged         │
///           ▲   │ broke with bytes under way                         │
///           │   ├── the relay resumes ─► locating ── has N bytes ────┤
///           │   │                              │ forgot the channel  │
///           │   └── it does not ─► failed      ▼                     │
///           └──────────────────────────── creatingChannel ◄──────────┘
/// ```
/// A request that breaks before its first body byte changes nothing on the relay, so it is simply made again. After a later one the
/// relay is asked how much it has, where it can say so and go on from there.
public struct SegmentPublicationState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Make the request, with the segment's bytes from this one on.
        case post(from: Int)
        /// Ask with HEAD how much of the segment the relay has, then report ``SegmentPublicationState/located(_:byteCount:now:jitter:)``.
        case locate
        /// Create the channel again, then report ``SegmentPublicationState/channelCreated()``.
        case createChannel
        /// Report ``SegmentPublicationState/waited()`` after this time.
        case wait(Duration)
        /// The relay has the whole segment.
        case acknowledge
        case fail(Failure)
    }

    public enum Failure: Hashable, Sendable {
        /// Somebody closed the channel.
        case channelClosed
        /// Somebody ended the segment before its publisher did.
        case endedElsewhere
        /// The relay broke off in the middle of the segment, with this answer or without any, and cannot go on in it. The next may get
        /// through.
        case lost(status: Int?)
        /// The relay goes on with the segment, and gets no further.
        case broken
        case unreachable
        case busy
        /// The channel went away, and cannot be created again.
        case channelNotFound
        case refused(status: Int)
    }

    /// How far a request has come when it ends.
    public enum Progress: Hashable, Sendable {
        /// No body byte has left, nor the end.
        case nothingSent
        /// Some bytes have left.
        case underWay
        /// All bytes and the end have left.
        case endSent
    }

    private enum Attempt: Hashable, Sendable {
        case post(from: Int)
        case locate
        case createChannel
    }

    private enum Phase: Hashable, Sendable {
        case idle
        case trying(Attempt)
        case waiting(Attempt)
        case ended
    }

    private var phase = Phase.idle
    private var outage = Outage()
    /// How many bytes the relay is known to have.
    private var acknowledged = 0
    /// Whether the channel was created again since the relay last had it.
    private var hasCreatedChannel = false
    private let patience: Duration
    private let resumes: Bool

    /// `patience` is for how long to try again without progress, `resumes` whether the relay goes on with a segment whose POST broke.
    public init(patience: Duration = .seconds(15), resumes: Bool = false) {
        self.patience = patience
        self.resumes = resumes
    }

    public mutating func start() -> Action { attempt(.post(from: 0)) }

    /// The time of a `.wait` is over.
    public mutating func waited() -> Action {
        guard case .waiting(let attempt) = phase else { preconditionFailure("a segment was not waiting") }
        return self.attempt(attempt)
    }

    public mutating func channelCreated() -> Action { attempt(.post(from: 0)) }

    /// The relay has answered the last request, other than ``Action/locate``.
    public mutating func answered(
        _ head: AnswerHead, progress: Progress, now: Duration, jitter: Double
    ) -> Action {
        guard case .trying(let current) = phase else { preconditionFailure("an answer came to no request") }
        let isRepeatable = progress == .nothingSent || resumes
        switch (head.status, current) {
        case (200..<300, _) where head.isChannelClosed: return fail(.channelClosed)
        case (200..<300, .post):
            guard progress == .endSent else { return fail(.endedElsewhere) }
            phase = .ended
            return .acknowledge
        case (404, .post) where isRepeatable && !hasCreatedChannel: return createChannel()
        case (404, _): return fail(.channelNotFound)
        case (408, _) where isRepeatable, (429, _) where isRepeatable, (500...599, _) where isRepeatable:
            let wait = head.retryAfter ?? .zero
            return retry(next(after: current, progress), .busy, now: now, jitter: jitter, atLeast: wait)
        case (408, .post), (429, .post), (500...599, .post): return fail(.lost(status: head.status))
        case (409, .post) where resumes && head.ownedFor == nil:
            return conflict(head, progress, now: now, jitter: jitter)
        default: return fail(.refused(status: head.status))
        }
    }

    /// The last request has ended without an answer.
    public mutating func failed(
        _ failure: RequestFailure, progress: Progress, now: Duration, jitter: Double
    ) -> Action {
        guard case .trying(let current) = phase else { preconditionFailure("there was no request to fail") }
        if failure == .permanent { return fail(.unreachable) }
        guard progress != .nothingSent else { return retry(current, .unreachable, now: now, jitter: jitter) }
        // Asking costs little, and tells whether the request brought anything.
        return resumes ? attempt(.locate) : fail(.lost(status: nil))
    }

    /// The relay has said how far the segment is; `byteCount` is how many bytes it is to have, once that is known.
    public mutating func located(_ head: AnswerHead, byteCount: Int?, now: Duration, jitter: Double) -> Action {
        switch (head.status, head.segmentState) {
        case (200, .open): return goOn(from: head.size ?? 0, now: now, jitter: jitter)
        case (200, .complete):
            if head.size != byteCount { return fail(.endedElsewhere) }
            phase = .ended
            return .acknowledge
        case (200, _) where head.isChannelClosed: return fail(.channelClosed)
        case (200, _), (204, _), (StatusCode.segmentNotFound, _): return goOn(from: 0, now: now, jitter: jitter)
        case (404, _): return createChannel()
        case (408, _), (429, _), (500...599, _):
            return retry(.locate, .busy, now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: return fail(.refused(status: head.status))
        }
    }
}

extension SegmentPublicationState {
    private mutating func attempt(_ attempt: Attempt) -> Action {
        phase = .trying(attempt)
        return switch attempt {
        case .post(let offset): .post(from: offset)
        case .locate: .locate
        case .createChannel: .createChannel
        }
    }

    private mutating func createChannel() -> Action {
        hasCreatedChannel = true
        acknowledged = 0
        return attempt(.createChannel)
    }

    private mutating func fail(_ failure: Failure) -> Action {
        phase = .ended
        return .fail(failure)
    }

    /// What is to be tried when a request was in vain.
    private func next(after attempt: Attempt, _ progress: Progress) -> Attempt {
        progress == .nothingSent ? attempt : .locate
    }

    private mutating func conflict(
        _ head: AnswerHead, _ progress: Progress, now: Duration, jitter: Double
    ) -> Action {
        if let size = head.size { return goOn(from: size, now: now, jitter: jitter) }
        // A repetition of this very request, made by something in between, has pushed it aside.
        if progress != .nothingSent { return attempt(.locate) }
        let limit = min(patience, Outage.ownerPatience)
        return retry(.post(from: acknowledged), .refused(status: 409), limit: limit, now: now, jitter: jitter)
    }

    /// The relay has `size` bytes. One that has fewer than before has lost its memory.
    private mutating func goOn(from size: Int, now: Duration, jitter: Double) -> Action {
        let isNews = size != acknowledged
        acknowledged = size
        if size > 0 { hasCreatedChannel = false }
        guard isNews else { return retry(.post(from: size), .broken, now: now, jitter: jitter) }
        outage.end()
        return attempt(.post(from: size))
    }

    private mutating func retry(
        _ attempt: Attempt, _ failure: Failure, limit: Duration? = nil, now: Duration, jitter: Double,
        atLeast: Duration = .zero
    ) -> Action {
        guard let wait = outage.wait(now: now, limit: limit ?? patience, jitter: jitter, atLeast: atLeast) else {
            return fail(failure)
        }
        phase = .waiting(attempt)
        return .wait(wait)
    }
}
