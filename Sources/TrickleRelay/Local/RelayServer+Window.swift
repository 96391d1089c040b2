import TrickleCore

extension RelayServer {
    /// What a channel keeps at the moment; nil where there is none of that name.
    public func window(of channel: ChannelName) -> ChannelWindow? {
        store.perform(on: nil) { store, _ in store.window(of: channel) }
    }

    /// Tells what a channel's numbers stand for at the moment from what they have stood for, and will: it is another one when the channel
    /// or the relay begins anew, and when the publisher begins to count anew. Letters, digits and hyphens.
    public func generation(of window: ChannelWindow) -> String {
        "\(incarnation)-\(window.channel.value)-\(window.restartCount)"
    }

    /// Segments that a channel keeps, in the order of their numbers, from `first` on, `limit` of them at most.
    public func segments(of channel: ChannelName, from first: SequenceNumber, atMost limit: Int) -> [SegmentView] {
        store.perform(on: nil) { store, _ in store.segments(of: channel, from: first, atMost: limit) }
    }

    /// What the program has found in segments, and keeps, counts as theirs towards ``RelayLimits/memoryByteCount`` for as long as the relay
    /// keeps them. What has gone is to be forgotten.
    ///
    /// - Parameter changes: how many bytes more than before are kept of each.
    public func charge(_ changes: [SegmentID: Int]) {
        guard !changes.isEmpty else { return }
        store.perform(on: nil) { store, now in
            for (id, byteCount) in changes { store.copiesChanged(of: id, by: byteCount, now: now) }
        }
    }

    /// The segment of that number, if the channel keeps it.
    public func segment(_ number: SequenceNumber, of channel: ChannelName) -> SegmentView? {
        segments(of: channel, from: number, atMost: 1).first.flatMap { $0.number == number ? $0 : nil }
    }
}
