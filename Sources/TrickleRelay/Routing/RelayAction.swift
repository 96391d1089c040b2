/// What a request is about to do: what access is decided by.
public enum RelayAction: Sendable, Equatable {
    /// A segment, a channel's next number, or what a ramp makes of a channel.
    case read
    /// What is true of many channels.
    case list
    case publish
    case create
    /// Ends a segment.
    case endSegment
    case close
    /// `OPTIONS`: what can be asked.
    case describe
    /// Something that the route does not have.
    case unknown(RequestMethod?)

    /// Whether a channel is another afterwards.
    var changesChannel: Bool {
        switch self {
        case .publish, .create, .endSegment, .close: true
        case .unknown(let method): method == .post || method == .delete
        case .read, .list, .describe: false
        }
    }
}
