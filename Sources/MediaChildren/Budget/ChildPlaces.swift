/// Who has one of the places for children, and who waits for one.
///
/// Pure. A purpose gets a place while fewer than its ``ChildShare/maximum`` run and one is free that is not kept for another purpose. Whoever
/// waits is served by purpose, in the order of ``ChildPurpose``, and then first come, first served. Nobody waits for whom there is a place.
struct ChildPlaces: Sendable {
    /// Somebody who waits.
    typealias Ticket = Int

    enum Answer: Equatable {
        case granted
        case waits
        case refused(ChildRefusal)
    }

    private struct Line {
        let share: ChildShare
        var running = 0
        var waiting: [Ticket] = []
        var refusedCount = 0

        /// Places that others may not take.
        var kept: Int { max(0, share.reserved - running) }
    }

    /// The places in all.
    let total: Int
    /// In the order of ``ChildPurpose``.
    private var lines: [Line]

    /// - Parameter share: What a purpose gets.
    init(total: Int, _ share: (ChildPurpose) -> ChildShare) {
        self.total = total
        lines = ChildPurpose.allCases.map { Line(share: share($0)) }
        precondition(lines.reduce(0) { $0 + $1.share.reserved } <= total, "no more is reserved than there is")
    }

    /// - Parameter ticket: Names whoever may wait; nil for one who does not.
    mutating func ask(for purpose: ChildPurpose, as ticket: Ticket?) -> Answer {
        let index = purpose.index
        guard let limit = limit(of: index) else {
            lines[index].running += 1
            return .granted
        }
        let share = lines[index].share
        // Where none may ever run, there is nothing to wait for.
        guard let ticket, share.maximum > 0, share.maximumWaiting > 0 else { return .refused(refuse(index, limit)) }
        guard lines[index].waiting.count < share.maximumWaiting else {
            return .refused(refuse(index, .waiting(share.maximumWaiting)))
        }
        lines[index].waiting.append(ticket)
        return .waits
    }

    /// A child has ended.
    ///
    /// - Returns: those who have a place now.
    mutating func giveBack(_ purpose: ChildPurpose) -> [(purpose: ChildPurpose, ticket: Ticket)] {
        lines[purpose.index].running -= 1
        var served: [(purpose: ChildPurpose, ticket: Ticket)] = []
        for index in lines.indices {
            while !lines[index].waiting.isEmpty, limit(of: index) == nil {
                lines[index].running += 1
                served.append((ChildPurpose.allCases[index], lines[index].waiting.removeFirst()))
            }
        }
        return served
    }

    /// Somebody goes away.
    ///
    /// - Returns: whether they have waited until now.
    mutating func leave(_ ticket: Ticket, of purpose: ChildPurpose) -> Bool {
        guard let place = lines[purpose.index].waiting.firstIndex(of: ticket) else { return false }
        lines[purpose.index].waiting.remove(at: place)
        return true
    }

    /// Somebody has waited long enough.
    ///
    /// - Returns: why there was no place; nil where they did not wait any more.
    mutating func refuse(_ ticket: Ticket, of purpose: ChildPurpose) -> ChildRefusal? {
        guard leave(ticket, of: purpose), let limit = limit(of: purpose.index) else { return nil }
        return refuse(purpose.index, limit)
    }

    func count(of purpose: ChildPurpose) -> ChildCount {
        let line = lines[purpose.index]
        return ChildCount(
            purpose: purpose, maximum: line.share.maximum, running: line.running, waiting: line.waiting.count,
            refused: line.refusedCount)
    }

    private mutating func refuse(_ index: Int, _ limit: ChildRefusal.Limit) -> ChildRefusal {
        lines[index].refusedCount += 1
        return ChildRefusal(
            purpose: ChildPurpose.allCases[index], limit: limit, option: lines[index].share.option)
    }

    /// What keeps one more child from being run; nil for nothing.
    private func limit(of index: Int) -> ChildRefusal.Limit? {
        let line = lines[index]
        if line.running >= line.share.maximum { return .purpose(line.share.maximum) }
        let taken = lines.indices.reduce(0) { $0 + lines[$1].running + ($1 == index ? 0 : lines[$1].kept) }
        return taken < total ? nil : .total(total)
    }
}

extension ChildPurpose {
    fileprivate var index: Int { Self.allCases.firstIndex(of: self)! }
}
