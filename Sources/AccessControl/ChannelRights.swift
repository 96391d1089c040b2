import TrickleCore
import TrickleRelay

/// Which channels somebody may do what with.
struct ChannelRights: Sendable, Equatable {
    /// Of each permission, at its place in ``AccessPermission/allCases``.
    private var channels = [[ChannelPattern]](repeating: [], count: AccessPermission.allCases.count)

    init() {}

    init(_ permissions: some Sequence<AccessPermission>, on channels: [ChannelPattern]) {
        for permission in permissions { self[permission] = channels }
    }

    init(_ claims: TokenClaims) {
        for (permission, channels) in claims.channels { self[permission] = channels }
    }

    subscript(permission: AccessPermission) -> [ChannelPattern] {
        get { channels[permission.place] }
        set { channels[permission.place] = newValue }
    }

    func allows(_ demand: AccessDemand) -> Bool {
        switch demand {
        case .channel(let permission, let name): self[permission].contains { $0.matches(name) }
        case .allChannels(let permission): self[permission].contains(.all)
        case .someChannel(let permission): !self[permission].isEmpty
        }
    }

    mutating func formUnion(_ other: ChannelRights) {
        self = combined(with: other) { one, other in one + other.filter { !one.contains($0) } }
    }

    func intersection(_ other: ChannelRights) -> ChannelRights {
        combined(with: other) { one, other in one.flatMap { one in other.compactMap(one.intersection) } }
    }

    private func combined(
        with other: ChannelRights, _ combine: ([ChannelPattern], [ChannelPattern]) -> [ChannelPattern]
    ) -> ChannelRights {
        var result = ChannelRights()
        result.channels = zip(channels, other.channels).map(combine)
        return result
    }
}

extension AccessPermission {
    fileprivate var place: Int {
        switch self {
        case .publish: 0
        case .read: 1
        case .list: 2
        case .replay: 3
        case .metrics: 4
        }
    }
}
