import TrickleCore

/// The segments that an index knows, by number, and how many of them are of what kind: what has no such segment need not be looked for.
package struct IndexedSegments: Sendable {
    /// So many of the newest are known at most, however many the relay keeps.
    package static let maximumCount = 1024

    /// How many segments are of a kind.
    package struct Counts: Equatable, Sendable {
        /// It shows whether their bytes are packets.
        package var known = 0
        /// They have a picture, or sound, whose time is known.
        package var timed = 0
        /// See ``IndexedSegment/isPlaceToBegin``.
        package var placesToBegin = 0
        /// They have ended, and can be played.
        package var playable = 0

        fileprivate mutating func count(_ segment: IndexedSegment, _ step: Int) {
            if segment.contents.alignment != .unknown { known += step }
            if segment.contents.firstUnit != nil { timed += step }
            if segment.isPlaceToBegin { placesToBegin += step }
            if segment.state != .open, segment.isPlayable { playable += step }
        }
    }

    /// A segment in its place: what copies the list, as whoever asks for it does, copies none of them.
    private final class Entry: Sendable {
        let segment: IndexedSegment

        init(_ segment: IndexedSegment) { self.segment = segment }

        /// In the places of those that have gone, until the list is moved.
        static let gone = Entry(IndexedSegment(number: .zero, id: nil))
    }

    private var stored: ArraySlice<Entry> = []
    /// Those that are no more in it.
    private var forgotten: [SegmentID] = []
    package private(set) var counts = Counts()

    /// Whether there may be older ones that are not known.
    package var isFull: Bool { stored.count >= Self.maximumCount }

    /// The segment of that number.
    package func segment(_ number: SequenceNumber) -> IndexedSegment? {
        let place = place(from: number)
        return place < endIndex && self[place].number == number ? self[place] : nil
    }

    /// The place of the lowest number that is not below `number`.
    package func place(from number: SequenceNumber) -> Int {
        if let last, number > last.number { return endIndex }
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts a segment in its place by number, or in that of the one that has its number. Beyond the maximum the oldest one is forgotten.
    package mutating func put(_ segment: IndexedSegment) {
        counts.count(segment, 1)
        let place = place(from: segment.number)
        if place < endIndex, self[place].number == segment.number {
            counts.count(self[place], -1)
            if self[place].id != segment.id { forget(self[place]) }
            stored[place] = Entry(segment)
        } else if place == endIndex {
            stored.append(Entry(segment))
        } else {
            stored.insert(Entry(segment), at: place)
        }
        if stored.count > Self.maximumCount { removeFirst(stored.count - Self.maximumCount) }
    }

    /// Forgets all but the numbers from `lowest` on that are below `next`.
    ///
    /// - Returns: whether that was anything.
    package mutating func keep(from lowest: SequenceNumber, below next: SequenceNumber) -> Bool {
        let before = stored.count
        while let last, last.number >= next {
            counts.count(last, -1)
            forget(last)
            stored[endIndex - 1] = .gone
            stored.removeLast()
        }
        removeFirst(place(from: lowest) - startIndex)
        return stored.count != before
    }

    /// Costs no more than what goes: the others stay where they are.
    private mutating func removeFirst(_ count: Int) {
        for place in startIndex..<startIndex + count {
            counts.count(self[place], -1)
            forget(self[place])
            stored[place] = .gone
        }
        stored.removeFirst(count)
    }

    private mutating func forget(_ segment: IndexedSegment) {
        if let id = segment.id { forgotten.append(id) }
    }

    /// Those that have been forgotten since the last call.
    package mutating func takeForgotten() -> [SegmentID] {
        guard !forgotten.isEmpty else { return [] }
        defer { forgotten = [] }
        return forgotten
    }
}

extension IndexedSegments: RandomAccessCollection {
    package var startIndex: Int { stored.startIndex }
    package var endIndex: Int { stored.endIndex }
    package subscript(place: Int) -> IndexedSegment { stored[place].segment }
}
