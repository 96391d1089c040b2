/// A segment as it is when a reader comes to it.
public struct SegmentView: Equatable, Sendable {
    public enum State: Equatable, Sendable {
        case open
        case complete
        case aborted(AbortCause)
    }

    public let id: SegmentID
    public let channel: ChannelID
    public let number: SequenceNumber
    /// The channel's next number.
    public let next: SequenceNumber
    /// Payload bytes that are there.
    public let byteCount: Int
    public let state: State
    /// When its first byte came.
    public let beganAt: Duration
    public let contentType: String?
}

/// What a reader waits for.
public struct ReadTicket: Hashable, Sendable {
    public let channel: ChannelID
    /// The number that was asked for, or that was next when the request came.
    public let number: SequenceNumber
    /// The channel's next number when the request came.
    public let next: SequenceNumber
    /// Whether any segment from `number` on will do.
    public let isRelative: Bool
    /// A channel that has begun again since hands over the segment that it began with.
    let restarts: Int
}

/// What a GET comes to.
public enum ReadAnswer: Equatable, Sendable {
    case segment(SegmentView)
    /// Nothing yet: the lane waits, and asks again with the ticket when it is woken.
    case wait(ReadTicket, contentType: String?)
    /// The channel was closed, and this is the number after its last.
    case closed(next: SequenceNumber)
}

/// How far a segment has come.
public enum SegmentProgress: Equatable, Sendable {
    case open
    case complete
    case aborted(AbortCause)
    /// The window moved past it: what has not been sent is gone.
    case leftBehind
}

extension RelayStore {
    /// What a GET for that position comes to now.
    ///
    /// - Throws: ``RelayRefusal/channelNotFound`` or ``RelayRefusal/segmentNotFound(asked:next:)``.
    public func read(_ name: ChannelName, at position: SegmentPosition) throws(RelayRefusal) -> ReadAnswer {
        guard let channel = channelIDs[name].flatMap({ channels[$0] }) else {
            guard case .exact(let number) = position, let answer = try readDraining(name, number) else {
                throw .channelNotFound
            }
            return answer
        }
        let number = channel.resolve(position)
        if let segment = channel.index.segment(number) { return .segment(view(of: segment, in: channel)) }
        if isWorthWaiting(for: number, in: channel) {
            guard !isDraining else { throw .draining }
            let isRelative = if case .exact = position { false } else { true }
            let ticket = ReadTicket(
                channel: channel.id, number: number, next: channel.next, isRelative: isRelative,
                restarts: channel.restarts)
            return .wait(ticket, contentType: channel.contentType)
        }
        if case .exact = position, let answer = try? readDraining(name, number) { return answer }
        throw .segmentNotFound(asked: number, next: channel.next)
    }

    /// What a reader that waits gets now.
    ///
    /// - Throws: ``RelayRefusal/segmentNotFound(asked:next:)`` when the number can no longer come.
    public func retry(_ ticket: ReadTicket) throws(RelayRefusal) -> ReadAnswer {
        guard let channel = channels[ticket.channel] else { return .closed(next: ticket.next) }
        let number = channel.restarts == ticket.restarts ? ticket.number : channel.restartNumber
        if let segment = channel.index.segment(number) { return .segment(view(of: segment, in: channel)) }
        if ticket.isRelative, let later = channel.index.first(from: number) {
            return .segment(view(of: later.segment, in: channel))
        }
        if channel.closedAt != nil { return .closed(next: channel.next) }
        guard !isDraining else { throw .draining }
        guard isWorthWaiting(for: number, in: channel) else {
            throw .segmentNotFound(asked: number, next: channel.next)
        }
        return .wait(ticket, contentType: channel.contentType)
    }

    /// The channel's next number.
    ///
    /// - Throws: ``RelayRefusal/channelNotFound``.
    public func next(of name: ChannelName) throws(RelayRefusal) -> SequenceNumber {
        guard let channel = channelIDs[name].flatMap({ channels[$0] }) else { throw .channelNotFound }
        return channel.next
    }

    private func readDraining(_ name: ChannelName, _ number: SequenceNumber) throws(RelayRefusal) -> ReadAnswer? {
        // The sweep comes later, and those who wait have to be told first.
        guard limits.drainDuration > .zero, let channel = drainingIDs[name].flatMap({ channels[$0] }) else {
            return nil
        }
        if let segment = channel.index.segment(number) { return .segment(view(of: segment, in: channel)) }
        if number == channel.next { return .closed(next: number) }
        throw .segmentNotFound(asked: number, next: channel.next)
    }

    private func isWorthWaiting(for number: SequenceNumber, in channel: RelayChannel) -> Bool {
        if number >= channel.next { return channel.mayWait(number) }
        let isPreconnected = channel.preconnected.contains { publications[$0]?.number == number }
        return channel.mayCome(number, isPreconnected: isPreconnected)
    }

    func view(of id: SegmentID, in channel: RelayChannel) -> SegmentView {
        let segment = segments[id]!
        let state: SegmentView.State =
            switch segment.state {
            case .open: .open
            case .complete: .complete
            case .aborted(let cause, _): .aborted(cause)
            }
        return SegmentView(
            id: id, channel: channel.id, number: segment.number, next: channel.next, byteCount: segment.byteCount,
            state: state, beganAt: segment.beganAt,
            contentType: channel.contentType)
    }

    // MARK: Lanes

    /// Counts a reader in, before it is given anything.
    ///
    /// - Throws: ``RelayRefusal/tooManyReaders(limit:)``.
    public mutating func admitReader(of channel: ChannelID) throws(RelayRefusal) {
        guard readerCount < limits.readerCount else { throw .tooManyReaders(limit: limits.readerCount) }
        guard channels[channel]?.readerCount ?? 0 < limits.readerCountPerChannel else {
            throw .tooManyReaders(limit: limits.readerCountPerChannel)
        }
        readerCount += 1
        channels.change(channel) { $0.readerCount += 1 }
    }

    /// The reader has gone.
    public mutating func dismissReader(of channel: ChannelID) {
        readerCount -= 1
        channels.change(channel) { $0.readerCount -= 1 }
    }

    /// The lane has readers who wait for something of the channel: it is woken when they may find it.
    public mutating func joinWaiting(_ channel: ChannelID, on lane: Lane) {
        channels.change(channel) { $0.waitingLanes.insert(lane) }
    }

    /// The lane has no more readers who wait for something of the channel.
    public mutating func dismissWaiting(_ channel: ChannelID, on lane: Lane) {
        channels.change(channel) { $0.waitingLanes.remove(lane) }
    }

    /// The lane has readers of the segment: it is woken when there is more.
    public mutating func attach(_ segment: SegmentID, on lane: Lane) {
        segments.change(segment) { $0.lanes.insert(lane) }
    }

    /// The lane has no more readers of the segment.
    public mutating func detach(_ id: SegmentID, on lane: Lane) {
        segments.change(id) { segment in
            segment.lanes.remove(lane)
            segment.wokenLanes.remove(lane)
        }
        joinSmallPieces(of: id, isEager: false)
        forgetIfUnused(id)
    }

    /// Copies what the segment has from piece `first` on to the end of `pieces`, and says how far it has come.
    public mutating func pull(
        _ id: SegmentID, from first: Int, on lane: Lane, into pieces: inout [Piece]
    ) -> SegmentProgress {
        segments.change(id) { $0.pull(from: first, on: lane, into: &pieces) } ?? .leftBehind
    }
}
