import TrickleCore

/// Sees a segment to its end for a ``FrameFeed``, or waits for the next one.
final class SegmentWatch: LaneReader {
    enum Phase {
        case waiting(ReadTicket)
        case reading(LaneSegment)
        case done
    }

    var place = 0
    /// What is handed on counts as the viewers', who get it.
    let sentByteCount = 0
    let lag = 0
    private(set) var phase = Phase.done
    /// What it waits for, or has waited for.
    private(set) var ticket: ReadTicket?
    private unowned let feed: FrameFeed
    private let lane: RelayLane

    init(for feed: FrameFeed, on lane: RelayLane) {
        self.feed = feed
        self.lane = lane
    }

    /// - Returns: what it has joined; nil where the channel has closed, and has no more.
    func join(_ name: ChannelName, at position: SegmentPosition) throws(RelayRefusal) -> Phase? {
        switch try lane.join(self, name, at: position) {
        case .segment(let segment, _): phase = .reading(segment)
        case .waiting(let ticket, _):
            self.ticket = ticket
            phase = .waiting(ticket)
        case .closed: return nil
        }
        return phase
    }

    /// The segment's, as far as it is known.
    var number: SequenceNumber? {
        if case .reading(let segment) = phase { segment.number } else { ticket?.number }
    }

    func waitingEnded(_ outcome: WaitingOutcome) {
        phase = if case .segment(let segment) = outcome { .reading(segment) } else { .done }
        feed.waitingEnded(self, outcome)
    }

    func segmentMoved() {
        guard case .reading(let segment) = phase, segment.progress != .open else { return }
        feed.segmentEnded(self, segment)
    }

    func end() {
        switch phase {
        case .waiting(let ticket): lane.stopWaiting(self, for: ticket)
        case .reading(let segment): lane.stopReading(self, of: segment)
        case .done: break
        }
        phase = .done
    }
}
