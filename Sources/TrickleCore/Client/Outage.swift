/// A time during which nothing goes on: for how long it has lasted, and how long until the next attempt.
struct Outage: Hashable, Sendable {
    private var since: Duration?
    /// Something worked and nothing has failed since: the next attempt need not wait.
    private var isFresh = false
    private var backoff = Backoff()

    /// How long another owner of the channel is waited for: longer than a relay lingers for one that has gone.
    static let ownerPatience = Duration.seconds(8)

    /// Something worked.
    mutating func end() {
        since = nil
        isFresh = true
        backoff.reset()
    }

    /// Another attempt has failed.
    ///
    /// An outage may last for `limit`; the relay may have asked for a wait of `atLeast`.
    ///
    /// - Returns: how long to wait before the next attempt, nothing for the first after something worked, or nil when the outage has lasted for `limit`.
    mutating func wait(now: Duration, limit: Duration, jitter: Double, atLeast: Duration = .zero) -> Duration? {
        let since = self.since ?? now
        self.since = since
        let left = limit - (now - since)
        guard left > .zero else { return nil }
        defer { isFresh = false }
        if isFresh { return min(atLeast, left) }
        return min(max(backoff.next(jitter: jitter), atLeast), left)
    }

    /// Another attempt came too early, which is no outage: there is no limit to it.
    mutating func pause(jitter: Double) -> Duration { backoff.next(jitter: jitter) }
}
