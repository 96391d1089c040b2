import NIOConcurrencyHelpers
import TrickleCore
import TrickleRelay

/// The timelines of all channels, whether anybody watches them or not.
///
/// Four times a second it looks at the first packets of the segments that have begun since, without being one of their readers. Whoever needs an
/// entry before that has the look made at once.
package final class MediaTimelines: Sendable {
    /// How often it looks for new segments.
    static let interval = Duration.milliseconds(250)
    /// Every so many looks it forgets channels that are gone.
    private static let looksToSweep = 40

    private struct State {
        var channels: [ChannelName: ChannelTimeline] = [:]
        /// Those with a segment of which not enough has come.
        var unfinished: Set<ChannelName> = []
        /// See `RelayServer.beginnings(since:)`.
        var beginningCount = 0
        var lookCount = 0
    }

    private let relay: RelayServer
    private let state = NIOLockedValueBox(State())
    private let looking = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// It looks until nobody holds it any more.
    package init(_ relay: RelayServer) {
        self.relay = relay
        let task = Task { [weak self] in
            while (try? await Task.sleep(for: Self.interval)) != nil {
                guard let self else { return }
                look()
            }
        }
        looking.withLockedValue { $0 = task }
    }

    deinit { looking.withLockedValue { $0?.cancel() } }

    /// Looks at what has begun since the last time.
    package func look() {
        let (before, unfinished) = state.withLockedValue { ($0.beginningCount, $0.unfinished) }
        let news = relay.beginnings(since: before)
        state.withLockedValue { $0.beginningCount = max($0.beginningCount, news.count) }
        for channel in news.names.union(unfinished) { look(at: channel) }
        let isTimeToSweep = state.withLockedValue { state in
            state.lookCount += 1
            return state.lookCount.isMultiple(of: Self.looksToSweep)
        }
        if isTimeToSweep { for channel in state.withLockedValue({ Array($0.channels.keys) }) { look(at: channel) } }
    }

    /// The timeline of a channel as it is now; nil where there is no such channel.
    package func timeline(of channel: ChannelName) -> MediaTimeline? {
        look(at: channel)
        return state.withLockedValue { $0.channels[channel]?.timeline }
    }

    /// What is known of a segment; nil where it is not kept any more, or the newest ones are far ahead.
    package func entry(of segment: SegmentID, _ number: SequenceNumber, in channel: ChannelName) -> TimelineEntry? {
        let known = state.withLockedValue { $0.channels[channel]?.timeline.entry(of: segment, number) }
        return known ?? timeline(of: channel)?.entry(of: segment, number)
    }

    /// Channels that it has looked at and that were there then.
    var channelCount: Int { state.withLockedValue { $0.channels.count } }

    private func look(at channel: ChannelName) {
        guard !channel.isInternal else { return }
        state.withLockedValue { state in
            // Not before: what is older than the last look says less.
            let window = relay.window(of: channel)
            if let known = state.channels[channel], known.id != window?.channel {
                relay.charge(known.end())
                state.channels[channel] = nil
                state.unfinished.remove(channel)
            }
            guard let window else { return }
            let timeline = state.channels[channel] ?? ChannelTimeline(window)
            state.channels[channel] = timeline
            // What is told has been charged.
            relay.charge(timeline.look(at: channel, window, on: relay))
            if timeline.isUnfinished {
                state.unfinished.insert(channel)
            } else if !state.unfinished.isEmpty {
                state.unfinished.remove(channel)
            }
        }
    }
}
