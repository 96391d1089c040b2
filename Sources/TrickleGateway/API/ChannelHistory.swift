import TrickleCore

/// What a channel did in the last minutes: a sample for each interval.
struct ChannelHistory: Sendable {
    /// One moment.
    struct Sample: Sendable, Equatable {
        /// Bits per second since the sample before; nil for the first.
        let bitrate: Int?
        let viewers: Int
    }

    /// Samples that are kept; the oldest go first.
    let capacity: Int
    private(set) var samples: [Sample] = []
    /// Time and bytes at each of the last samples.
    private var marks: [(time: Duration, byteCount: Int)] = []

    /// Samples over which ``bitrate`` is taken: media come in bursts, a keyframe is ten times as large as other pictures.
    static let averagedCount = 5

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// - Parameters:
    ///   - byteCount: payload bytes that were published since the channel was made.
    ///   - now: on a clock that does not go back.
    mutating func record(byteCount: Int, viewers: Int, now: Duration) {
        let last = marks.last
        // Asked twice at once, there is nothing new.
        if let last, now <= last.time { return }
        let bitrate = last.map { Self.rate(byteCount - $0.byteCount, in: now - $0.time) }
        if samples.count == capacity { samples.removeFirst() }
        samples.append(Sample(bitrate: bitrate, viewers: viewers))
        if marks.count > Self.averagedCount { marks.removeFirst() }
        marks.append((now, byteCount))
    }

    /// Bits per second over the last samples; nil before there are two.
    var bitrate: Int? {
        guard let first = marks.first, let last = marks.last, last.time > first.time else { return nil }
        return Self.rate(last.byteCount - first.byteCount, in: last.time - first.time)
    }

    private static func rate(_ byteCount: Int, in time: Duration) -> Int {
        Int((Double(byteCount * 8) / (time / .seconds(1))).rounded())
    }
}
