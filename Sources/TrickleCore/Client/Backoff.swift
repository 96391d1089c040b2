/// How long to wait between attempts: doubling up to a cap, with a random half taken off so that many clients do not return at once.
public struct Backoff: Hashable, Sendable {
    public let initial: Duration
    public let cap: Duration
    private var step: Duration

    public init(initial: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.initial = initial
        self.cap = cap
        step = initial
    }

    /// The wait before the next attempt: between half of the step and all of it, as `jitter`, 0 ..< 1, has it.
    public mutating func next(jitter: Double) -> Duration {
        defer { step = min(step * 2, cap) }
        return step * (0.5 + jitter / 2)
    }

    /// An attempt has succeeded: the next trouble begins small again.
    public mutating func reset() { step = initial }
}
