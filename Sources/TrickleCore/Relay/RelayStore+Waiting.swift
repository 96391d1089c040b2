/// What the relay keeps of bodies that nobody takes yet: it is no segment's, and cannot be given up.
extension RelayStore {
    /// The part of the relay's memory that all such bytes may take.
    static var waitingPart: Int { 4 }

    /// Bytes of a client's body have to wait in memory. They count as those of its segments do.
    ///
    /// - Parameter byteCount: how many there may be.
    /// - Returns: false where there is no room for them, or the client would have more of it than is left for others. Otherwise
    ///   ``stopsWaiting(_:of:)`` follows.
    public mutating func beginsWaiting(_ byteCount: Int, of client: Int, now: Duration) -> Bool {
        let left = limits.memoryByteCount / Self.waitingPart - waitingByteCount - byteCount
        let own = accounts[client]?.waitingByteCount ?? 0
        guard left >= 0, own == 0 || own + byteCount <= left else { return false }
        waitingByteCount += byteCount
        charge(byteCount, to: client)
        accounts[client]?.waitingByteCount += byteCount
        makeRoom(now: now)
        return true
    }

    /// They have been taken, or are gone.
    public mutating func stopsWaiting(_ byteCount: Int, of client: Int) {
        waitingByteCount -= byteCount
        accounts[client]?.waitingByteCount -= byteCount
        charge(-byteCount, to: client)
    }
}
