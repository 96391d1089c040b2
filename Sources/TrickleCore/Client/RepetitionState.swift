/// How long a request is made again that may be made as often as one likes, such as the DELETE that ends a channel.
public struct RepetitionState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Make the request again after this time.
        case wait(Duration)
        case giveUp
    }

    private var outage = Outage()
    private let patience: Duration

    public init(patience: Duration) { self.patience = patience }

    /// The relay has answered that it will not do it, or not now.
    public mutating func refused(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        switch head.status {
        case 408, 429, 500...599: retry(now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: .giveUp
        }
    }

    /// The request has ended without an answer.
    public mutating func failed(_ failure: RequestFailure, now: Duration, jitter: Double) -> Action {
        failure == .permanent ? .giveUp : retry(now: now, jitter: jitter)
    }

    private mutating func retry(now: Duration, jitter: Double, atLeast: Duration = .zero) -> Action {
        outage.wait(now: now, limit: patience, jitter: jitter, atLeast: atLeast).map { .wait($0) } ?? .giveUp
    }
}
