import TrickleCore
import TrickleRelay

/// What somebody has to be allowed for a request.
enum AccessDemand: Equatable {
    case channel(AccessPermission, ChannelName)
    /// It is about all channels, or about none.
    case allChannels(AccessPermission)
    /// It is about those channels that the client may have; one is enough.
    case someChannel(AccessPermission)

    init(_ question: AccessQuestion) {
        let permission = question.permission
        switch question.channel {
        // The relay has one set of metrics, whatever the channels.
        case _ where permission == .metrics: self = .someChannel(.metrics)
        case nil: self = permission == .list ? .someChannel(.list) : .allChannels(permission)
        // Both tell which channels there are. The changefeed is the same for all its readers.
        case .changefeed? where permission != .publish: self = .allChannels(.list)
        case .channelList? where permission != .publish: self = .someChannel(.list)
        // What is made from a channel is that channel's.
        case let name?: self = .channel(permission, name.origin ?? name)
        }
    }

    /// Whether the answer tells of several channels.
    var isListing: Bool { self == .someChannel(.list) }

    /// Seeing that there is the channel; nil for what is about no one channel, or is that demand already.
    var seeing: AccessDemand? {
        guard case .channel(let permission, let name) = self, permission != .list else { return nil }
        return .channel(.list, name)
    }
}
