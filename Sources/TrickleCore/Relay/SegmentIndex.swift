/// The segments that a channel keeps, by number: cheap to add to at the end and to take from at the beginning.
struct SegmentIndex {
    struct Entry {
        let number: SequenceNumber
        var segment: SegmentID
    }

    private var entries: [Entry] = []
    private var head = 0

    var count: Int { entries.count - head }
    var isEmpty: Bool { count == 0 }
    var lowest: SequenceNumber? { isEmpty ? nil : entries[head].number }
    var highest: SequenceNumber? { isEmpty ? nil : entries[entries.count - 1].number }

    subscript(position: Int) -> Entry { entries[head + position] }

    func segment(_ number: SequenceNumber) -> SegmentID? {
        let place = place(of: number)
        guard place < entries.count, entries[place].number == number else { return nil }
        return entries[place].segment
    }

    func position(of number: SequenceNumber) -> Int? {
        let place = place(of: number)
        guard place < entries.count, entries[place].number == number else { return nil }
        return place - head
    }

    /// The position of the lowest entry at or above `number`; ``count`` where there is none.
    func place(from number: SequenceNumber) -> Int { place(of: number) - head }

    /// The lowest entry at or above `number`.
    func first(from number: SequenceNumber) -> Entry? {
        let place = place(of: number)
        return place < entries.count ? entries[place] : nil
    }

    /// Adds the segment, or puts it in the place of the one that has the number.
    mutating func insert(_ segment: SegmentID, at number: SequenceNumber) {
        let place = place(of: number)
        if place < entries.count, entries[place].number == number {
            entries[place].segment = segment
        } else {
            entries.insert(Entry(number: number, segment: segment), at: place)
        }
    }

    mutating func remove(position: Int) {
        guard position == 0 else {
            entries.remove(at: head + position)
            return
        }
        head += 1
        if head > 32, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() -> [SegmentID] {
        let segments = entries[head...].map(\.segment)
        entries = []
        head = 0
        return segments
    }

    /// The first place in `entries` whose number is not below `number`.
    private func place(of number: SequenceNumber) -> Int {
        if let highest, number > highest { return entries.count }
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
