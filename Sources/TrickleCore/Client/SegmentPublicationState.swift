/// How one segment comes to the relay: its requests, and what their ends mean.
///
/// ```
///  idle ─ start ─► posting ── answered after the end ─► acknowledged
///                   ▲   │ broke, nothing lost
///                   │   ▼
///                 waiting        posting ── broke with bytes under way ─► failed
/// ```
/// A request that breaks before its first body byte changes nothing on the relay, so it is simply made again.
public struct SegmentPublicationState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Make the request, with the segment's bytes from its first on.
        case post
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
        /// The connection broke when part of the segment was on its way.
        case broken
        case unreachable
        case busy
        /// The channel went away, and cannot be created again.
        case channelNotFound
        case refused(status: Int)
    }

    /// How far the segment has come when a request ends.
    public enum Progress: Hashable, Sendable {
        /// No body byte has left, nor the end.
        case nothingSent
        /// Some bytes have left.
        case underWay
        /// All bytes and the end have left.
        case endSent
    }

    private enum Phase: Hashable, Sendable {
        case idle
        case posting
        case creatingChannel
        case waiting
        case ended
    }

    private var phase = Phase.idle
    private var outage = Outage()
    private let patience: Duration

    /// - Parameter patience: for how long to try again before the first byte is accepted.
    public init(patience: Duration = .seconds(15)) { self.patience = patience }

    public mutating func start() -> Action { post() }

    /// The time of a `.wait` is over.
    public mutating func waited() -> Action { post() }

    public mutating func channelCreated() -> Action { post() }

    /// The relay has answered the last request.
    public mutating func answered(
        _ head: AnswerHead, progress: Progress, now: Duration, jitter: Double
    ) -> Action {
        switch (head.status, phase) {
        case (200..<300, _) where head.isChannelClosed: return fail(.channelClosed)
        case (200..<300, .posting):
            guard progress == .endSent else { return fail(.endedElsewhere) }
            phase = .ended
            return .acknowledge
        case (404, .posting) where progress == .nothingSent:
            phase = .creatingChannel
            return .createChannel
        case (404, _): return fail(.channelNotFound)
        case (408, _) where progress == .nothingSent, (429, _) where progress == .nothingSent,
            (500...599, _) where progress == .nothingSent:
            return retry(.busy, now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: return fail(.refused(status: head.status))
        }
    }

    /// The last request has ended without an answer.
    public mutating func failed(
        _ failure: RequestFailure, progress: Progress, now: Duration, jitter: Double
    ) -> Action {
        if failure == .permanent { return fail(.unreachable) }
        guard progress == .nothingSent else { return fail(.broken) }
        return retry(.unreachable, now: now, jitter: jitter)
    }

    private mutating func post() -> Action {
        phase = .posting
        return .post
    }

    private mutating func fail(_ failure: Failure) -> Action {
        phase = .ended
        return .fail(failure)
    }

    private mutating func retry(
        _ failure: Failure, now: Duration, jitter: Double, atLeast: Duration = .zero
    ) -> Action {
        guard let wait = outage.wait(now: now, limit: patience, jitter: jitter, atLeast: atLeast) else {
            return fail(failure)
        }
        phase = .waiting
        return .wait(wait)
    }
}
