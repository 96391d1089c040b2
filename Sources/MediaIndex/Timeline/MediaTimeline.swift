import MPEGTS
import TrickleCore

/// A channel's segments by the media's clock and by the wall clock.
///
/// Pure: segments go in, with what their first packets say and when they came. Entries are by number, and at most ``maximumCount``, the newest.
///
/// A segment's date is that of the segment before plus what the media's clock says between them, as long as that is within a second of its
/// arrival: arrival wanders, the media's clock does not. Else its arrival is its date.
package struct MediaTimeline: Sendable {
    package static let maximumCount = IndexedSegments.maximumCount
    /// Further apart from its arrival no date is.
    static let maximumDrift: Int64 = 1_000_000

    package private(set) var entries: [TimelineEntry] = []

    package init() {}

    package var newest: TimelineEntry? { entries.last }

    package func entry(of id: SegmentID, _ number: SequenceNumber) -> TimelineEntry? {
        let place = place(of: number)
        return place < entries.count && entries[place].id == id ? entries[place] : nil
    }

    /// Puts an entry in its place, with its date; what had the number is gone.
    ///
    /// - Returns: those that had to go.
    mutating func insert(_ entry: TimelineEntry) -> [TimelineEntry] {
        var (entry, gone) = (entry, [TimelineEntry]())
        let place = place(of: entry.number)
        if place < entries.count, entries[place].number == entry.number { gone.append(entries.remove(at: place)) }
        entry.date = date(of: entry)
        entries.insert(entry, at: place)
        if entries.count > Self.maximumCount { gone.append(entries.removeFirst()) }
        return gone
    }

    /// When the first picture of an entry is to be seen.
    func date(of entry: TimelineEntry) -> WallTime {
        guard let time = entry.timestamp,
            let before = entries[..<place(of: entry.number)].last(where: { $0.timestamp != nil }),
            let earlier = before.timestamp
        else { return entry.arrival }
        let expected = before.date.advanced(by: earlier.distance(to: time))
        return abs(expected.microseconds - entry.arrival.microseconds) <= Self.maximumDrift ? expected : entry.arrival
    }

    /// Forgets what the relay has dropped.
    mutating func keep(_ window: ChannelWindow) -> [TimelineEntry] {
        let lowest = window.lowest ?? window.next
        let gone = entries.prefix { $0.number < lowest } + entries.reversed().prefix { $0.number >= window.next }
        if !gone.isEmpty { entries.removeAll { $0.number < lowest || $0.number >= window.next } }
        return Array(gone)
    }

    /// The numbers begin anew.
    mutating func restart() -> [TimelineEntry] {
        defer { entries = [] }
        return entries
    }

    /// Of the first entry that is not below the number.
    private func place(of number: SequenceNumber) -> Int {
        // Nearly all come at the end.
        if let last = entries.last, last.number < number { return entries.count }
        var range = 0..<entries.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = entries[middle].number < number ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
