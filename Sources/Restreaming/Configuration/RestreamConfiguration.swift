import MPEGTS
import Publishing
import TrickleKit

/// Which channels there are, and where their streams come from.
public struct RestreamConfiguration: Equatable, Sendable {
    /// In the order of the file, each name once.
    public var channels: [ChannelPlan]

    /// What the section `relay` says: options of `trickle-server`, in the order of the file.
    public var relayOptions: [ConfiguredOption]

    public init(channels: [ChannelPlan], relayOptions: [ConfiguredOption] = []) {
        self.channels = channels
        self.relayOptions = relayOptions
    }
}

/// A channel and its sources, in the order in which they are tried.
public struct ChannelPlan: Equatable, Sendable {
    public var name: ChannelName
    /// At least one.
    public var sources: [SourcePlan]
    public var settings: ChannelSettings

    public init(name: ChannelName, sources: [SourcePlan], settings: ChannelSettings = .init()) {
        self.name = name
        self.sources = sources
        self.settings = settings
    }
}

/// How a channel's sources are dealt with.
public struct ChannelSettings: Equatable, Sendable {
    /// A source that takes longer to open, or brings no packet for so long, has failed.
    public var stall = Duration.seconds(10)
    /// The longest wait before the sources are tried once more.
    public var retry = Duration.seconds(15)
    /// How often the sources before the one that is on are looked at, to return to them; nil never.
    public var returnInterval: Duration?
    public var segmentation = GOPSegmenter.Configuration()

    public init() {}
}
