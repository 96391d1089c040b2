import Logging
import TrickleKit

/// The channels of a relay whose names end in a suffix, each sent on for as long as it is there.
public struct OutgoingChannels: Sendable {
    /// What their names end in.
    public static let suffix = "-out"

    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private let session: ToolSession
    private let forward: @Sendable (ChannelName, ToolSession) async -> Void

    /// - Parameter forward: Sends one channel on. Returns when the channel has ended, or soon after its session's stop was made.
    public init(
        relay: RelayOptions, session: ToolSession,
        forward: @escaping @Sendable (ChannelName, ToolSession) async -> Void
    ) {
        self.relay = relay.url
        configuration = relay.configuration(logger: session.logger)
        self.session = session
        self.forward = forward
    }

    /// Lists the channels, watches them come and go, and ends when a stop is asked for.
    ///
    /// - Throws: `TrickleError` when the relay is not there, or has no changefeed.
    public func run() async throws {
        let running = RunningChannels(session: session, forward: forward)
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

/// One task for each channel that is sent on.
private actor RunningChannels {
    private struct Running {
        let channel: ChannelName
        let number: Int
        let stop: StopRequest
        let task: Task<Void, Never>
    }

    private let session: ToolSession
    private let forward: @Sendable (ChannelName, ToolSession) async -> Void
    private var running: [ChannelName: Running] = [:]
    /// Those whose channel was removed, and that come to its end by themselves.
    private var ending: [Int: Running] = [:]
    private var lastNumber = 0

    init(session: ToolSession, forward: @escaping @Sendable (ChannelName, ToolSession) async -> Void) {
        self.session = session
        self.forward = forward
    }

    func start(_ channel: ChannelName) {
        if running[channel] != nil || session.stop.isMade { return }
        lastNumber += 1
        let number = lastNumber
        let stop = StopRequest()
        let before = ending.values.filter { $0.channel == channel }.map(\.task)
        let channelSession = session.with(stop: stop, logger: session.logger(for: channel))
        let task = Task { [forward, session] in
            let registration = session.stop.whenMade { stop.make(signal: 0) }
            // A channel that comes back at once goes to the same place: after what was there before.
            for task in before { await task.value }
            await forward(channel, channelSession)
            registration.cancel()
            ended(number)
        }
        running[channel] = Running(channel: channel, number: number, stop: stop, task: task)
    }

    /// The channel is no longer there. What it had is still read to its end.
    func end(_ channel: ChannelName) {
        guard let ended = running.removeValue(forKey: channel) else { return }
        ending[ended.number] = ended
    }

    func endAll() async {
        let all = Array(running.values) + Array(ending.values)
        for running in all { running.stop.make(signal: 0) }
        for running in all { await running.task.value }
    }

    /// One that gave up while its channel is there stays on the list of those that run, so that it begins anew when the channel does.
    private func ended(_ number: Int) { ending.removeValue(forKey: number) }
}
