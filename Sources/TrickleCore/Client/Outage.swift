/// A time during which nothing goes on: for how long it has lasted, and how long until the next attempt.
struct Outage: Hashable, Sendable {
    private var since: Duration?
    private var backoff = Backoff()

    /// Something worked.
    mutating func end() {
        since = nil
        backoff.reset()
    }

    /// Another attempt has failed.
    ///
    /// An outage may last for `limit`; the relay may have asked for a wait of `atLeast`.
    ///
    /// - Returns: how long to wait before the next attempt, or nil when the outage has lasted for `limit`.
    mutating func wait(now: Duration, limit: Duration, jitter: Double, atLeast: Duration = .zero) -> Duration? {
        let since = self.since ?? now
        self.since = since
        let left = limit - (now - since)
        guard left > .zero else { return nil }
        return min(max(backoff.next(jitter: jitter), atLeast), left)
    }

    /// Another attempt came too early, which is no outage: there is no limit to it.
    mutating func pause(jitter: Double) -> Duration { backoff.next(jitter: jitter) }
}
