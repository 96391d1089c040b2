/// For how many seconds a child has been given something and has written nothing.
///
/// Seconds in which it is given nothing do not count: a channel may be silent.
struct SilentSeconds: Sendable {
    let limit: Int
    private var count = 0
    /// Writes to it that it has not taken yet.
    private var pendingCount = 0
    private var wasOffered = false

    init(limit: Int) { self.limit = limit }

    mutating func offered() {
        pendingCount += 1
        wasOffered = true
    }

    mutating func taken() { pendingCount -= 1 }

    mutating func wrote() { count = 0 }

    /// Another second has passed.
    ///
    /// - Returns: whether that was one too many.
    mutating func secondPassed() -> Bool {
        if wasOffered { count += 1 }
        wasOffered = pendingCount > 0
        return count >= limit
    }
}
