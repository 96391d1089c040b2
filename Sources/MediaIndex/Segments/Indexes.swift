import NIOConcurrencyHelpers
import TrickleCore
import TrickleRelay

/// The indexes of the channels that somebody watches.
///
/// There are ``IndexConfiguration/maximumCount`` at most. For one more, the one goes for which nobody has asked for the longest time, if that
/// is long enough ago: else there is no room.
package final class Indexes: Sendable {
    /// What asking for an index comes to.
    package enum Found {
        /// The window is what the relay keeps of the channel at this moment.
        case index(ChannelIndex, ChannelWindow)
        case noChannel
        /// There are as many as there may be, and somebody has asked for each of them lately.
        case noRoom
    }

    private struct Entry {
        let index: ChannelIndex
        let running: Task<Void, Never>
    }

    /// For so long after the last who asked, an index does not make room for another.
    package static let minimumIdleTime = Duration.seconds(10)

    private let relay: RelayServer
    private let configuration: IndexConfiguration
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Of all channels, those that have no index among them.
    package let timelines: MediaTimelines
    private let entries = NIOLockedValueBox<[ChannelName: Entry]>([:])

    package init(
        _ relay: RelayServer, configuration: IndexConfiguration = IndexConfiguration(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.relay = relay
        self.configuration = configuration
        self.now = now
        timelines = MediaTimelines(relay)
    }

    /// The index of the channel, which reads it as long as somebody asks.
    ///
    /// - Returns: nil where there is no such channel, or no room for another index.
    package func index(of channel: ChannelName) -> ChannelIndex? {
        if case .index(let index, _) = find(channel) { index } else { nil }
    }

    /// The index of the channel, or why there is none.
    package func find(_ channel: ChannelName) -> Found {
        guard let window = relay.window(of: channel) else { return .noChannel }
        return entries.withLockedValue { entries in
            if let index = entries[channel]?.index, index.id == window.channel, index.touch() {
                return .index(index, window)
            }
            if entries[channel] == nil, entries.count >= configuration.maximumCount {
                guard makeRoom(&entries) else { return .noRoom }
            }
            let index = ChannelIndex(
                relay, channel: channel, id: window.channel, timelines: timelines, configuration: configuration,
                now: now)
            let running = Task {
                await index.run()
                self.forget(index)
            }
            entries.updateValue(Entry(index: index, running: running), forKey: channel)?.running.cancel()
            return .index(index, window)
        }
    }

    /// The channels that have an index, which is one of their readers.
    package var channels: [ChannelName] { entries.withLockedValue { Array($0.keys) } }

    private func makeRoom(_ entries: inout [ChannelName: Entry]) -> Bool {
        let oldest = entries.values.min { $0.index.lastAskedAt < $1.index.lastAskedAt }
        guard let oldest, now() - oldest.index.lastAskedAt >= Self.minimumIdleTime else { return false }
        oldest.running.cancel()
        entries[oldest.index.channel] = nil
        return true
    }

    private func forget(_ index: ChannelIndex) {
        entries.withLockedValue { entries in
            if entries[index.channel]?.index === index { entries[index.channel] = nil }
        }
    }
}
