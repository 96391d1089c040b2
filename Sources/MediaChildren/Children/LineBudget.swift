/// Which lines of a child's are shown: one that says the same again and again, or a thousand things a second, would bury everything else.
package struct LineBudget {
    package enum Decision: Equatable {
        /// Show the line, after telling how many were left out before it.
        case show(omitted: Int)
        case omit
    }

    /// The most lines that are shown in a second.
    static let linesPerSecond = 20

    /// A line is shown again after this time, whatever numbers are in it.
    static let repetitionInterval = Duration.seconds(60)
    /// So many different lines are remembered; then all are forgotten.
    static let memory = 100

    private var shownAt: [String: ContinuousClock.Instant] = [:]
    private var spanStart: ContinuousClock.Instant?
    private var shown = 0
    private var omitted = 0

    package init() {}

    /// - Parameter line: What is said; nil for lines that are counted, and not compared.
    package mutating func take(_ line: String? = nil, now: ContinuousClock.Instant) -> Decision {
        if spanStart.map({ now - $0 >= .seconds(1) }) ?? true { (spanStart, shown) = (now, 0) }
        guard shown < Self.linesPerSecond else {
            omitted += 1
            return .omit
        }
        if let line, isRepetition(line, now: now) {
            omitted += 1
            return .omit
        }
        shown += 1
        return .show(omitted: takeOmitted())
    }

    private mutating func isRepetition(_ line: String, now: ContinuousClock.Instant) -> Bool {
        // Of 'packet 12 is late' and 'packet 13 is late', one is enough.
        let kind = line.split(whereSeparator: \.isNumber).joined(separator: "#")
        if let last = shownAt[kind], now - last < Self.repetitionInterval { return true }
        if shownAt.count >= Self.memory { shownAt = [:] }
        shownAt[kind] = now
        return false
    }

    /// How many lines were left out and not told yet.
    mutating func takeOmitted() -> Int {
        defer { omitted = 0 }
        return omitted
    }
}
