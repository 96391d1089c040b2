import MPEGTS

/// The rounds of a file that is published again and again, one behind the other on one time line.
struct Rounds {
    /// Whether there is to be more than one.
    let isNeeded: Bool
    private var timeline = LoopTimeline()

    init(isNeeded: Bool) { self.isNeeded = isNeeded }

    /// The end of the file: what comes next is its beginning again.
    mutating func beginAgain() { timeline.beginAgain() }

    /// The steps with the time of their round.
    mutating func shift(_ steps: [SegmentingStep]) -> [SegmentingStep] {
        guard isNeeded else { return steps }
        return steps.map { step in
            if case .bytes(let bytes) = step { .bytes(timeline.shift(bytes)) } else { step }
        }
    }
}
