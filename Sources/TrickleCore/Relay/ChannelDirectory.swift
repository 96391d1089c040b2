/// The names of the clients' channels, kept in order: a list costs nothing to ask for, and a channel little to add.
struct ChannelDirectory: Sendable {
    private(set) var names: [ChannelName] = []
    /// Of two directories of one store with the same, the names are the same.
    private(set) var version = 0

    /// Adds the name unless it is there, or is one of the relay's own.
    mutating func insert(_ name: ChannelName) {
        guard !name.isInternal else { return }
        let place = place(of: name)
        guard place == names.count || names[place] != name else { return }
        names.insert(name, at: place)
        version += 1
    }

    mutating func remove(_ name: ChannelName) {
        let place = place(of: name)
        guard place < names.count, names[place] == name else { return }
        names.remove(at: place)
        version += 1
    }

    /// The first place whose name is not below `name`.
    private func place(of name: ChannelName) -> Int {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Which channels there are at one moment.
public struct ChannelList: Sendable {
    /// Of the clients' channels, in order.
    public let names: [ChannelName]
    /// The changefeed's number that comes after what the names tell; nil without a changefeed.
    public let next: SequenceNumber?
    /// Of two lists of one store with the same, the names are the same.
    public let version: Int

    /// Those that one of the patterns has. The changefeed tells of all, so that its number is left out.
    public func only(_ patterns: [ChannelPattern]) -> ChannelList {
        ChannelList(
            names: names.filter { name in patterns.contains { $0.matches(name) } }, next: nil, version: version)
    }
}
