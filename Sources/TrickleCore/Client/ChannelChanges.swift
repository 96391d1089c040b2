/// Which channels came and went. Neither list has a name twice.
public struct ChannelChanges: Hashable, Sendable {
    public var added: [ChannelName]
    public var removed: [ChannelName]

    public init(added: [ChannelName] = [], removed: [ChannelName] = []) {
        self.added = added
        self.removed = removed
    }

    public var isEmpty: Bool { added.isEmpty && removed.isEmpty }
}
