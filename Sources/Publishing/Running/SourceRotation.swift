import TrickleKit

/// Which of a channel's sources is next, and when.
///
/// ```
///  1 ── ended ─► 2 ── ended ─► 3 ── ended, wait ─► 1 …
/// ```
/// The sources take turns. When each has failed once since one was sound, there is a wait, which grows from turn to turn; one that was sound
/// makes it small again. From any of them it may return to one before.
package struct SourceRotation {
    /// A source that has worked for so long was sound: its end is a new trouble.
    package static let soundAfter = Duration.seconds(10)

    private let count: Int
    private var backoff: Backoff
    private var failureCount = 0
    private var openedAt = Duration.zero
    private var lastWorkedAt: Duration?

    /// The place of the source whose turn it is, from 0.
    package private(set) var current = 0

    /// - Parameters:
    ///   - count: How many sources there are, at least 1.
    ///   - longestWait: Between the attempts with all of them.
    package init(count: Int, longestWait: Duration) {
        self.count = count
        backoff = Backoff(initial: min(.milliseconds(500), longestWait), cap: longestWait)
    }

    /// The current source is opened.
    package mutating func opened(now: Duration) {
        openedAt = now
        lastWorkedAt = nil
    }

    /// The current source gives packets, as of now.
    package mutating func worked(now: Duration) { lastWorkedAt = now }

    /// The current source has ended, or could not be opened: it is the next one's turn.
    ///
    /// - Parameter jitter: A random number, 0 ..< 1.
    /// - Returns: How long to wait before that.
    package mutating func ended(now: Duration, jitter: Double) -> Duration {
        if let lastWorkedAt, lastWorkedAt - openedAt >= Self.soundAfter {
            failureCount = 0
            backoff.reset()
        }
        failureCount += 1
        current = (current + 1) % count
        return failureCount.isMultiple(of: count) ? backoff.next(jitter: jitter) : .zero
    }

    /// A source that is preferred is back: it is its turn, at once.
    package mutating func `return`(to index: Int) {
        current = index
        failureCount = 0
        backoff.reset()
    }
}
