/// How many lines of a child's are shown: one that says the same a thousand times a second would bury everything else.
package struct LineBudget {
    package enum Decision: Equatable {
        /// Show the line, after telling how many were left out before it.
        case show(omitted: Int)
        case omit
    }

    /// The most lines that are shown in a second.
    static let linesPerSecond = 20

    private var spanStart: ContinuousClock.Instant?
    private var shown = 0
    private var omitted = 0

    package init() {}

    package mutating func take(now: ContinuousClock.Instant) -> Decision {
        if spanStart.map({ now - $0 >= .seconds(1) }) ?? true { (spanStart, shown) = (now, 0) }
        guard shown < Self.linesPerSecond else {
            omitted += 1
            return .omit
        }
        shown += 1
        return .show(omitted: takeOmitted())
    }

    /// How many lines were left out and not told yet.
    mutating func takeOmitted() -> Int {
        defer { omitted = 0 }
        return omitted
    }
}
