/// What a channel keeps at the moment: its ends, and no more, for it can be many segments.
public struct ChannelWindow: Equatable, Sendable {
    public let channel: ChannelID
    /// The lowest number that can be read; nil where there is none.
    public let lowest: SequenceNumber?
    /// The number that is next.
    public let next: SequenceNumber
    /// Whether it was closed, and only what is kept can still be read.
    public let isClosed: Bool
    /// How many segments have been begun below the next number: those that came late, and those that were written anew.
    public let lateCount: Int
    /// How often its numbers have begun anew.
    public let restartCount: Int
}

extension RelayStore {
    /// What the channel of that name keeps; of a new one in which nothing has been written and an old one that can still be read, the old.
    ///
    /// - Returns: nil where there is none.
    public func window(of name: ChannelName) -> ChannelWindow? {
        readableChannel(name).map { channel in
            ChannelWindow(
                channel: channel.id, lowest: channel.index.lowest, next: channel.next,
                isClosed: channel.closedAt != nil, lateCount: channel.lateCount, restartCount: channel.restarts)
        }
    }

    /// Segments that the channel keeps, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - first: the lowest number that is wanted.
    ///   - limit: how many are wanted at most.
    public func segments(of name: ChannelName, from first: SequenceNumber, atMost limit: Int) -> [SegmentView] {
        guard let channel = readableChannel(name) else { return [] }
        let start = channel.index.place(from: first)
        let end = min(channel.index.count, start + limit)
        return (start..<max(start, end)).map { view(of: channel.index[$0].segment, in: channel) }
    }

    private func readableChannel(_ name: ChannelName) -> RelayChannel? {
        let living = channelIDs[name].flatMap { channels[$0] }
        let draining = drainingIDs[name].flatMap { channels[$0] }
        return living?.isUnwritten == false ? living : draining ?? living
    }
}
