import TrickleCore

extension RelayStore {
    /// A whole round.
    mutating func sweep(now: Duration) {
        beginSweep(now: now)
        while sweepSome(atMost: 1, now: now) {}
    }
}
