import TrickleKit

/// When something that ended or failed is started again: a live source, an ffmpeg that pushes.
///
/// The waits grow while it does not stay up, and begin small again once it did.
public struct RestartState: Sendable {
    private let patience: Duration?
    private let startPatience: Duration?
    private let soundAfter: Duration
    private var backoff: Backoff
    private var startedAt: Duration
    private var lastWorkedAt: Duration
    private var hasWorked = false
    private var hasEverWorked = false

    /// - Parameters:
    ///   - patience: For how long it may be away before it is given up; nil for ever.
    ///   - startPatience: The same for the first time, where it has never worked; nil for `patience`.
    ///   - soundAfter: What has worked for so long is sound: its next trouble is a new one.
    ///   - backoff: The waits.
    ///   - now: When it is started for the first time.
    public init(
        patience: Duration?, startPatience: Duration? = nil, soundAfter: Duration = .seconds(10),
        backoff: Backoff = Backoff(initial: .milliseconds(500), cap: .seconds(15)), now: Duration
    ) {
        self.patience = patience
        self.startPatience = startPatience ?? patience
        self.soundAfter = soundAfter
        self.backoff = backoff
        startedAt = now
        lastWorkedAt = now
    }

    /// It is started again.
    public mutating func started(now: Duration) {
        startedAt = now
        hasWorked = false
    }

    /// It does what it is for, as of now.
    public mutating func worked(now: Duration) {
        lastWorkedAt = now
        hasWorked = true
        hasEverWorked = true
    }

    /// Somebody has said that it is there again: its next trouble is a new one.
    public mutating func announced() { backoff.reset() }

    /// It could not do what it is for, through no fault of its own: the time that this takes is none in which it was away.
    ///
    /// - Parameter jitter: A random number, 0 ..< 1.
    /// - Returns: How long to wait before the next start.
    public mutating func hindered(now: Duration, jitter: Double) -> Duration {
        if hasWorked && now - startedAt >= soundAfter { backoff.reset() }
        let wait = backoff.next(jitter: jitter)
        lastWorkedAt = now + wait
        return wait
    }

    /// It has ended.
    ///
    /// - Parameter jitter: A random number, 0 ..< 1.
    /// - Returns: How long to wait before the next start; nil when it has been away for as long as anybody waits.
    public mutating func ended(now: Duration, jitter: Double) -> Duration? {
        if hasWorked && lastWorkedAt - startedAt >= soundAfter { backoff.reset() }
        let wait = backoff.next(jitter: jitter)
        guard let patience = hasEverWorked ? patience : startPatience else { return wait }
        let left = patience - (now - lastWorkedAt)
        return left > .zero ? min(wait, left) : nil
    }
}
