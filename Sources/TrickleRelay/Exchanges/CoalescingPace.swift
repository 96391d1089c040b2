import NIOCore

/// Decides whether a publisher's bytes leave at once, or wait for those that come close behind.
///
/// Bytes that come after a silence of the interval leave at once. "Before the first" is nil: the clock counts from the
/// machine's start, so that no time of it is long ago.
struct CoalescingPace {
    private var lastLeft: NIODeadline?

    /// Bytes have come.
    ///
    /// - Parameter interval: how long bytes may wait; zero for not at all.
    /// - Returns: whether they wait; otherwise they leave now.
    mutating func holds(now: NIODeadline, within interval: TimeAmount) -> Bool {
        if let lastLeft, lastLeft + interval > now { return true }
        lastLeft = now
        return false
    }

    /// What waited leaves.
    mutating func left(now: NIODeadline) { lastLeft = now }
}
