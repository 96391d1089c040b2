import MPEGTS

/// The rounds of a file that is published again and again, one behind the other on one time line.
struct Rounds {
    /// Whether there is to be more than one.
    let isNeeded: Bool
    private var timeline = LoopTimeline()
    private var isFirst = true

    init(isNeeded: Bool) { self.isNeeded = isNeeded }

    /// The end of the file: what comes next is its beginning again.
    ///
    /// - Returns: false where the round took no time: the next would come at once, and so on for ever.
    mutating func beginAgain() -> Bool {
        isFirst = false
        return timeline.beginAgain() > 0
    }

    /// The steps with the time of their round. What is odd in the file has been told in the first.
    mutating func shift(_ steps: [SegmentingStep]) -> [SegmentingStep] {
        guard isNeeded else { return steps }
        return steps.filter { isFirst || !$0.isNotice }.map { step in
            if case .bytes(let bytes) = step { .bytes(timeline.shift(bytes)) } else { step }
        }
    }
}
