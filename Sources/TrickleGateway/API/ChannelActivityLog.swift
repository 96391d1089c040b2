import TrickleCore
import TrickleRelay

/// Samples how the channels do, once a second, while somebody asks.
///
/// It begins with the first who asks, and ends when nobody has asked for as long as it remembers.
actor ChannelActivityLog {
    static let interval = Duration.seconds(1)
    /// Five minutes.
    static let capacity = 300

    /// A channel at the moment.
    struct Entry: Sendable {
        let activity: ChannelActivity
        let viewers: Int
        let history: ChannelHistory
    }

    private let relay: RelayServer
    /// Those who read the channel on its viewers' behalf are none themselves: how many to add to the relay's count.
    private let correction: @Sendable (ChannelName) async -> Int
    private var histories: [ChannelID: ChannelHistory] = [:]
    private var lastAskedAt = ContinuousClock.now
    private var sampling: Task<Void, Never>?
    private let start = ContinuousClock.now

    init(of relay: RelayServer, correction: @escaping @Sendable (ChannelName) async -> Int) {
        self.relay = relay
        self.correction = correction
    }

    deinit { sampling?.cancel() }

    /// All channels, by name.
    func entries() async -> [Entry] {
        lastAskedAt = .now
        if sampling == nil {
            begin()
            await sample()
        }
        return await current().map { activity, viewers in
            let history = histories[activity.report.id] ?? ChannelHistory(capacity: Self.capacity)
            return Entry(activity: activity, viewers: viewers, history: history)
        }
    }

    private func begin() {
        sampling = Task { [weak self] in
            while let self, await self.isAsked {
                try? await Task.sleep(for: Self.interval)
                if Task.isCancelled { return }
                await self.sample()
            }
            await self?.end()
        }
    }

    private var isAsked: Bool { .now - lastAskedAt < Self.interval * Self.capacity }

    private func end() {
        sampling = nil
        histories = [:]
    }

    private func current() async -> [(activity: ChannelActivity, viewers: Int)] {
        var current: [(activity: ChannelActivity, viewers: Int)] = []
        for activity in await relay.channelActivities() {
            let report = activity.report
            current.append((activity, max(0, report.readerCount + (await correction(report.name)))))
        }
        return current
    }

    private func sample() async {
        let current = await current()
        var histories: [ChannelID: ChannelHistory] = [:]
        for (activity, viewers) in current {
            let report = activity.report
            var history = self.histories[report.id] ?? ChannelHistory(capacity: Self.capacity)
            history.record(byteCount: report.counts.bytesIn, viewers: viewers, now: .now - start)
            histories[report.id] = history
        }
        self.histories = histories
    }
}
