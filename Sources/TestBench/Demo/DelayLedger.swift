/// Which byte went in when, and so how long it took to come out again. Bytes come out in the order in which they went in.
struct DelayLedger: Sendable {
    private struct Entry {
        let end: Int
        let time: ContinuousClock.Instant
    }

    private var entries: [Entry] = []
    private var first = 0
    private(set) var byteCountIn = 0
    private(set) var byteCountOut = 0
    private(set) var delays = DelayHistogram()

    mutating func went(in byteCount: Int, now: ContinuousClock.Instant) {
        byteCountIn += byteCount
        entries.append(Entry(end: byteCountIn, time: now))
    }

    mutating func came(out byteCount: Int, now: ContinuousClock.Instant) {
        byteCountOut += byteCount
        while first < entries.count, entries[first].end <= byteCountOut {
            delays.add(now - entries[first].time)
            first += 1
        }
        // What has come out is forgotten now and then.
        if first > 1000 {
            entries.removeFirst(first)
            first = 0
        }
    }
}
