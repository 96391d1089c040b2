/// When the keys of a URL are fetched: at first, when they are old, and when somebody names one that is not among them.
struct KeyRefreshState: Sendable {
    enum Need: Equatable, Sendable {
        case none
        /// Those that are there may be used in the meantime.
        case soon
        /// What comes of it decides.
        case now
    }

    /// After so long keys are old.
    static let interval = Duration.seconds(300)
    /// From one attempt to the next, at least, whoever asks.
    static let pause = Duration.seconds(10)

    /// The last ones that came.
    private(set) var keys: TokenKeySet?
    private var gotAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    private var hasFailed = false

    /// - Parameter isKeyUnknown: whether a token names a key that is not among ``keys``.
    func need(isKeyUnknown: Bool, now: ContinuousClock.Instant) -> Need {
        if let triedAt, now - triedAt < Self.pause { return .none }
        guard let gotAt, !isKeyUnknown else { return .now }
        let age = now - gotAt
        guard age >= Self.interval else { return .none }
        // Nobody has asked for a long time: a key that was taken back since must not count for one more token.
        return age >= Self.interval * 2 && !hasFailed ? .now : .soon
    }

    mutating func began(now: ContinuousClock.Instant) { triedAt = now }

    /// - Parameter keys: nil where none could be had: the last ones stay.
    mutating func ended(_ keys: TokenKeySet?, now: ContinuousClock.Instant) {
        hasFailed = keys == nil
        guard let keys else { return }
        self.keys = keys
        gotAt = now
    }
}
