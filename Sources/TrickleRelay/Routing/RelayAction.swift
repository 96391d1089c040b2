/// What a request is about to do: what access is decided by.
public enum RelayAction: Sendable, Equatable {
    /// A segment, a channel's next number, or what a ramp makes of a channel.
    case read
    /// What is true of many channels.
    case list
    /// A recording, or what a ramp makes of it.
    case replay
    /// How the relay does.
    case metrics
    case publish
    case create
    /// Ends a segment.
    case endSegment
    case close
    /// What anybody may know: what can be asked (`OPTIONS`), and whether a server is up.
    case describe
    /// Something that the route does not have.
    case unknown(RequestMethod?)

    /// Whether a channel is another afterwards.
    var changesChannel: Bool {
        switch self {
        case .publish, .create, .endSegment, .close: true
        case .unknown(let method): method == .post || method == .put || method == .delete
        case .read, .list, .replay, .metrics, .describe: false
        }
    }

    /// What access rules call it. What only describes is open to all.
    public var permission: AccessPermission {
        switch self {
        case .publish, .create, .endSegment, .close: .publish
        case .unknown: changesChannel ? .publish : .read
        case .read, .describe: .read
        case .list: .list
        case .replay: .replay
        case .metrics: .metrics
        }
    }
}
