import NIOCore
import TrickleCore

/// Telling readers, a limited number in each turn of the event loop: whoever has nothing to do with them is served in between.
extension RelayLane {
    /// Something that is left for later turns.
    enum Work {
        case subject(Wake.Subject)
        /// Readers of the segment who have not gone on yet.
        case moving(LaneSegment)
        /// Readers who have not been told yet what they waited for.
        case waiting(WaitingRound)
    }

    /// Something on this lane may have moved.
    ///
    /// Whoever is told of it may change the store in turn, and wake others: they come after, not within, or a chain of them would end the stack.
    func look(at subjects: [Wake.Subject]) {
        eventLoop.assertInEventLoop()
        guard !isLooking else { return due += subjects }
        takeTurn { lookNow(at: subjects) }
    }

    private func takeTurn(_ body: () -> Void) {
        isLooking = true
        budget.begin()
        body()
        isLooking = false
        guard !work.isEmpty, !isTurnScheduled else { return }
        isTurnScheduled = true
        turns.append(isMedia: true) { [self] in
            isTurnScheduled = false
            takeTurn(goOn)
        }
    }

    /// Goes on with what other turns have left.
    private func goOn() {
        while !budget.isSpent, let next = work.popFirst() {
            switch next {
            case .subject(let subject): lookNow(at: [subject])
            case .moving(let segment): move(segment)
            case .waiting(let round): tell(round)
            }
            lookNow(at: takeDue())
        }
    }

    private func lookNow(at subjects: [Wake.Subject]) {
        var subjects = subjects
        while !subjects.isEmpty {
            for subject in subjects {
                if budget.isSpent { work.append(.subject(subject)) } else { woken(subject) }
            }
            subjects = takeDue()
        }
    }

    private func takeDue() -> [Wake.Subject] {
        guard !due.isEmpty else { return [] }
        defer { due = [] }
        return due
    }

    private func woken(_ subject: Wake.Subject) {
        switch subject {
        case .segment(let id):
            guard let segment = segments[id] else { return }
            // Those who have not gone on yet get all at once; the others have to be told again.
            guard !segment.isMoving else { return segment.movesAgain = true }
            update(segment)
            segment.beginMoving()
            move(segment)
        case .waitingReaders(let channel):
            retryWaiting(for: channel)
        case .publication(let id):
            budget.takeReader()
            publishers[id]?.endedByOthers()
        case .channel(let name):
            budget.takeReader()
            feeds[name]?.channelCame()
        }
    }

    // MARK: Readers of a segment

    private func move(_ segment: LaneSegment) {
        segment.moveReaders(budget)
        if segment.isMoving {
            work.append(.moving(segment))
        } else if segment.movesAgain {
            segment.movesAgain = false
            work.append(.subject(.segment(segment.id)))
        }
    }

    // MARK: Readers who wait

    private func retryWaiting(for channel: ChannelID) {
        guard let tickets = waiting[channel]?.keys else { return }
        // Whoever is told may leave, and take others with it: what that has settled is over.
        for ticket in Array(tickets) where waiting[channel]?[ticket] != nil {
            let outcome: WaitingOutcome?
            do throws(RelayRefusal) {
                let answer = try store.perform(on: self) { (store, _) throws(RelayRefusal) in
                    let answer = try store.retry(ticket)
                    if case .segment(let view) = answer { store.attach(view.id, on: id) }
                    return answer
                }
                switch answer {
                case .segment(let view): outcome = .segment(segment(of: view))
                case .closed(let next): outcome = .closed(next: next)
                case .wait: outcome = nil
                }
            } catch {
                outcome = .refused(error)
            }
            guard let outcome, let readers = waiting[channel]?.removeValue(forKey: ticket) else { continue }
            begin(WaitingRound(ticket, outcome, readers))
        }
        forgetIfNobodyWaits(for: channel)
    }

    private func begin(_ round: WaitingRound) {
        rounds[round.ticket, default: []].append(round)
        if case .segment(let segment) = round.outcome { segment.pinCount += 1 }
        tell(round)
    }

    private func tell(_ round: WaitingRound) {
        let count = round.tell(budget)
        if case .segment(let segment) = round.outcome {
            tellCopies(of: segment)
        } else if count > 0 {
            store.perform(on: self) { store, _ in
                for _ in 0..<count { store.dismissReader(of: round.ticket.channel) }
            }
        }
        guard round.isOver else { return work.append(.waiting(round)) }
        rounds[round.ticket]?.removeAll { $0 === round }
        if rounds[round.ticket]?.isEmpty == true { rounds[round.ticket] = nil }
        guard case .segment(let segment) = round.outcome else { return }
        segment.pinCount -= 1
        forgetIfUnread(segment)
    }
}
