import TrickleCore

/// Bytes of one client's that wait in memory for those that follow them: a frame or a body that is taken up whole. They count as the relay's
/// memory, but for a few.
final class WaitingBytes {
    /// So many are not counted.
    private static let uncountedByteCount = 64 << 10

    private let store: SharedStore
    private let client: Int
    private var countedByteCount = 0

    /// - Parameter client: whose share of the memory it is.
    init(of client: ClientAddress, in store: SharedStore) {
        self.client = client.household.hashValue
        self.store = store
    }

    deinit { release() }

    /// More have come.
    ///
    /// - Parameter byteCount: how many there are now.
    /// - Returns: whether there is room for them.
    func grow(to byteCount: Int) -> Bool {
        guard byteCount > countedByteCount + Self.uncountedByteCount else { return true }
        // The buffer that holds them grows to twice its size.
        let more = max(byteCount - countedByteCount, countedByteCount)
        let hasRoom = store.perform(on: nil) { store, now in store.beginsWaiting(more, of: client, now: now) }
        if hasRoom { countedByteCount += more }
        return hasRoom
    }

    /// They have been taken, or are gone.
    func release() {
        guard countedByteCount > 0 else { return }
        store.perform(on: nil) { store, _ in store.stopsWaiting(countedByteCount, of: client) }
        countedByteCount = 0
    }
}
