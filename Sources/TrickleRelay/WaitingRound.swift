import TrickleCore

/// Readers who are told what their waiting came to, some in each turn of the event loop.
///
/// Each stays in the round until it is told: whoever leaves meanwhile is not told. A segment that it came to stays on the lane
/// until all have been told (``LaneSegment/pinCount``).
final class WaitingRound {
    let ticket: ReadTicket
    let outcome: WaitingOutcome
    private var readers: ReaderList

    init(_ ticket: ReadTicket, _ outcome: WaitingOutcome, _ readers: ReaderList) {
        self.ticket = ticket
        self.outcome = outcome
        self.readers = readers
    }

    /// Whether nobody is left to be told.
    var isOver: Bool { readers.isEmpty }

    /// Tells readers while there is a budget.
    ///
    /// - Returns: how many were told.
    func tell(_ budget: TurnBudget) -> Int {
        var count = 0
        while !budget.isSpent, let reader = readers.popLast() {
            count += 1
            // It is among the segment's readers before it is told: it may have enough at once, and leave.
            if case .segment(let segment) = outcome { segment.insert(reader) }
            reader.waitingEnded(outcome)
            budget.takeWaitingReader()
        }
        return count
    }

    /// The reader leaves, if it is one of those who have not been told.
    func remove(_ reader: any LaneReader) { readers.remove(reader) }
}
