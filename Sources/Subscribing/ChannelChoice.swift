import CommandFrame
import Endings
import Logging
import TrickleKit

/// Which channel a reader takes: the one that was named, or the only one that there is.
public enum ChannelChoice {
    /// The most names that a message lists.
    private static let shownCount = 10

    /// - Parameter tool: Its name, as it is typed.
    /// - Throws: ``ToolFailure`` where none was named and there is none, or more than one; `TrickleError`.
    public static func choose(
        _ options: ChannelOptions, relay: RelayOptions, tool: String, session: ToolSession
    ) async throws -> ChannelName {
        if let name = options.name { return name }
        let feed = Changefeed(relay: relay.url, configuration: relay.configuration(logger: session.logger))
        let found = try await session.stop.cancelling { try await feed.channels() }
        guard let found else { throw CancellationError() }
        let channel = try only(of: found, relay: relay.url, tool: tool)
        session.logger.info("takes the only channel at \(relay.url): '\(channel)'")
        return channel
    }

    static func only(of channels: [ChannelName], relay: RelayURL, tool: String) throws(ToolFailure) -> ChannelName {
        if channels.isEmpty {
            throw ToolFailure(
                "nothing is published at \(relay): publish something, or name the channel that is to come, as in '\(tool) cam'",
                exit: .channelNotFound)
        }
        guard channels.count > 1 else { return channels[0] }
        let names = channels.sorted().map { "'\($0)'" }
        let more = names.count > shownCount ? " and \(names.count - shownCount) more" : ""
        throw ToolFailure(
            "there are \(names.count) channels at \(relay): \(names.prefix(shownCount).joined(separator: ", "))\(more); "
                + "name one, as in '\(tool) \(channels.sorted()[0])'",
            exit: .usage)
    }
}
