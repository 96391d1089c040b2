import Synchronization
import TrickleRelay

/// Counts wrong credentials by the address they come from, so that nobody guesses fast.
final class FailureCounts: Sendable {
    /// Wrong credentials of an address in ``period``; then it waits for the period's end.
    static let maximumCount = 10
    static let period = Duration.seconds(60)
    /// Addresses that are remembered at most.
    static let maximumAddressCount = 10_000

    private struct Entry {
        var begin: ContinuousClock.Instant
        var count = 0
        /// Passwords that are being hashed: each may be a wrong one.
        var openCount = 0
    }

    private let entries = Mutex(BoundedTable<ClientAddress, Entry>(capacity: maximumAddressCount))

    /// How many addresses are remembered.
    var addressCount: Int { entries.withLock { $0.count } }

    /// How long an address has to wait before what it presents is looked at; nil for not at all.
    func wait(of address: ClientAddress, now: ContinuousClock.Instant) -> Duration? {
        entries.withLock { Self.entry(of: address, &$0, now).flatMap { Self.wait($0, now) } }
    }

    func count(_ address: ClientAddress, now: ContinuousClock.Instant) {
        entries.withLock { entries in
            var entry = Self.entry(of: address, &entries, now) ?? Entry(begin: now)
            entry.count += 1
            entries[address] = entry
        }
    }

    /// Says that something is looked at that takes time: guesses that come all at once do not get more tries than those that come one by one.
    ///
    /// - Returns: How long the address has to wait instead; nil where ``end(_:now:)`` follows.
    func begin(_ address: ClientAddress, now: ContinuousClock.Instant) -> Duration? {
        entries.withLock { entries in
            var entry = Self.entry(of: address, &entries, now) ?? Entry(begin: now)
            if let wait = Self.wait(entry, now) { return wait }
            if entry.count + entry.openCount >= Self.maximumCount { return .seconds(1) }
            entry.openCount += 1
            entries[address] = entry
            return nil
        }
    }

    func end(_ address: ClientAddress, now: ContinuousClock.Instant) {
        entries.withLock { entries in
            // The table may have let it go.
            guard var entry = Self.entry(of: address, &entries, now), entry.openCount > 0 else { return }
            entry.openCount -= 1
            entries[address] = entry
        }
    }

    private static func entry(
        of address: ClientAddress, _ entries: inout BoundedTable<ClientAddress, Entry>, _ now: ContinuousClock.Instant
    ) -> Entry? {
        guard var entry = entries[address] else { return nil }
        if now - entry.begin >= period { (entry.begin, entry.count) = (now, 0) }
        return entry
    }

    private static func wait(_ entry: Entry, _ now: ContinuousClock.Instant) -> Duration? {
        entry.count >= maximumCount ? period - (now - entry.begin) : nil
    }
}
