import MPEGTS
import Synchronization
import TrickleCore

/// What the tables of channels were like whose publishers broke off, for those that come back.
final class TableMemory: Sendable {
    private struct Entry {
        let tables: TableVersions
        let since: ContinuousClock.Instant
    }

    private let duration: Duration
    private let entries = Mutex<[ChannelName: Entry]>([:])

    /// - Parameter duration: For how long they may come back.
    init(lasts duration: Duration) { self.duration = duration }

    func keep(_ tables: TableVersions, of channel: ChannelName) {
        let now = ContinuousClock.now
        entries.withLock { entries in
            entries = entries.filter { now - $0.value.since < duration }
            entries[channel] = Entry(tables: tables, since: now)
        }
    }

    func take(_ channel: ChannelName) -> TableVersions? { entries.withLock { $0.removeValue(forKey: channel)?.tables } }
}
