/// Counts oddities by kind and remembers which ones are still to be told.
struct OddityCounter {
    private(set) var counts = [Int](repeating: 0, count: Oddity.allCases.count)
    private var untold: UInt64 = 0

    var hasNews: Bool { untold != 0 }

    mutating func count(_ oddity: Oddity, by number: Int = 1) {
        guard number > 0 else { return }
        if counts[oddity.rawValue] == 0 { untold |= 1 << UInt64(oddity.rawValue) }
        counts[oddity.rawValue] &+= number
    }

    /// The next kind that has come for the first time.
    mutating func nextNews() -> Oddity? {
        guard untold != 0 else { return nil }
        let index = untold.trailingZeroBitCount
        untold &= untold - 1
        return Oddity(rawValue: index)
    }
}
