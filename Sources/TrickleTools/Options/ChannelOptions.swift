import ArgumentParser
import TrickleKit

/// Which channel a client is about.
public struct ChannelOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("The channel: one path part, without '/'.", valueName: "name"),
        transform: { text in try ChannelName(text) })
    public var stream: ChannelName

    public init() {}
}
