import ArgumentParser
import TrickleKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which channel a client is about: `--stream cam`, `-s cam`, or `cam` as the last argument.
public struct ChannelOptions: ParsableArguments, Sendable {
    @Option(
        name: [.long, .short],
        help: ArgumentHelp("The channel: one path part, without '/'.", valueName: "name"),
        transform: { text in try ChannelName(text) })
    public var stream: ChannelName?

    @Argument(
        help: ArgumentHelp("The channel, as with --stream.", valueName: "name"),
        transform: { text in try ChannelName(text) })
    public var channel: ChannelName?

    public init() {}

    public func validate() throws {
        guard let channel, let stream, channel != stream else { return }
        // What is typed goes before what the environment says.
        if ProcessInfo.processInfo.environment[EnvironmentArguments.variable(for: "--stream")] == stream.text { return }
        throw ValidationError("two channels are named, '\(stream)' and '\(channel)': name one")
    }

    /// nil where none was named.
    public var name: ChannelName? { channel ?? stream }
}

extension ChannelName? {
    /// For publishers, which have no channel to choose from.
    ///
    /// - Parameter example: A command line that names one.
    /// - Throws: `ValidationError` where none was named.
    public func needed(_ example: String) throws {
        if self == nil { throw ValidationError("no channel is named: name it, as in '\(example)'") }
    }
}
