import CommandFrame
import Endings
import Logging
import TrickleKit

/// The channels of a relay whose names end in a suffix, each sent on for as long as it is there.
public struct OutgoingChannels: Sendable {
    /// What their names end in.
    public static let suffix = "-out"

    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private let session: ToolSession
    private let maximumCount: Int
    private let forward: @Sendable (ChannelName, ToolSession) async -> Void

    /// - Parameters:
    ///   - maximumCount: How many are sent on at once. Others wait until one of them has ended.
    ///   - forward: Sends one channel on. Returns when the channel has ended, or soon after its session's stop was made.
    public init(
        relay: RelayOptions, maximumCount: Int, session: ToolSession,
        forward: @escaping @Sendable (ChannelName, ToolSession) async -> Void
    ) {
        self.relay = relay.url
        configuration = relay.configuration(logger: session.logger)
        self.maximumCount = maximumCount
        self.session = session
        self.forward = forward
    }

    /// Lists the channels, watches them come and go, and ends when a stop is asked for.
    ///
    /// - Throws: `TrickleError` when the relay is not there, or has no changefeed.
    public func run() async throws {
        let running = RunningChannels(atMost: maximumCount, session: session, forward: forward)
        do {
            _ = try await session.stop.cancelling {
                for try await changes in Changefeed(relay: relay, configuration: configuration) {
                    for channel in changes.removed { await running.end(channel) }
                    for channel in changes.added where channel.text.hasSuffix(Self.suffix) {
                        await running.start(channel)
                    }
                }
                throw ToolFailure("the relay at \(relay) has ended its changefeed: is it stopping?")
            }
        } catch {
            await running.endAll()
            throw error
        }
        await running.endAll()
    }
}
