/// What one client's segments take of the relay's memory, and which of them could be given up.
struct MemoryAccount: Sendable {
    /// In bytes.
    var cost = 0
    /// Bytes of that which are of bodies that wait.
    var waitingByteCount = 0
    /// Segments that have ended, the oldest first, some of them gone.
    private var segments: [SegmentID] = []
    private var head = 0
    /// Those that were passed over for something else.
    private var spared: [SegmentID] = []
    private var sparedHead = 0

    /// Segments on the list, those that are gone among them.
    var count: Int { segments.count - head }
    /// When the list is looked through for those that are gone.
    private var limit = minimumLimit
    private static let minimumLimit = 1024

    var isTooLong: Bool { count >= limit }

    mutating func ended(_ segment: SegmentID) { segments.append(segment) }

    /// The oldest on the list.
    mutating func takeOldest() -> SegmentID? {
        guard head < segments.count else { return nil }
        defer { head += 1 }
        return segments[head]
    }

    /// Puts one aside: it goes when nothing else is left.
    mutating func spare(_ segment: SegmentID) { spared.append(segment) }

    /// The oldest that was put aside.
    mutating func takeSpared() -> SegmentID? {
        guard sparedHead < spared.count else { return nil }
        defer { sparedHead += 1 }
        return spared[sparedHead]
    }

    /// Puts back what was put aside, and forgets those for which `isThere` is false.
    mutating func tidy(_ isThere: (SegmentID) -> Bool) {
        segments = spared[sparedHead...] + segments[head...].filter(isThere)
        spared = []
        sparedHead = 0
        head = 0
        limit = max(Self.minimumLimit, 2 * count)
    }
}
