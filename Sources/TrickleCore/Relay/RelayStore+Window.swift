/// What a channel keeps at the moment.
public struct ChannelWindow: Equatable, Sendable {
    public let channel: ChannelID
    /// The number that is next.
    public let next: SequenceNumber
    /// Whether it was closed, and only what is kept can still be read.
    public let isClosed: Bool
    /// What can be read, by number.
    public let segments: [SegmentView]

    /// The kept segment of that number.
    public func segment(_ number: SequenceNumber) -> SegmentView? {
        segments.last { $0.number <= number }.flatMap { $0.number == number ? $0 : nil }
    }
}

extension RelayStore {
    /// What the channel of that name keeps; of a new one in which nothing has been written and an old one that can still be read, the old.
    ///
    /// - Returns: nil where there is none.
    public func window(of name: ChannelName) -> ChannelWindow? {
        let living = channelIDs[name].flatMap { channels[$0] }
        let draining = drainingIDs[name].flatMap { channels[$0] }
        let channel = living?.isUnwritten == false ? living : draining ?? living
        guard let channel else { return nil }
        let segments = (0..<channel.index.count).map { view(of: channel.index[$0].segment, in: channel) }
        return ChannelWindow(
            channel: channel.id, next: channel.next, isClosed: channel.closedAt != nil, segments: segments)
    }
}
