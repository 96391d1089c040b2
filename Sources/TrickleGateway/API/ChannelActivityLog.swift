import TrickleCore
import TrickleRelay

/// Samples how the channels do, once a second, while somebody asks.
///
/// It begins with the first who asks, and ends when nobody has asked for as long as it remembers.
actor ChannelActivityLog {
    static let interval = Duration.seconds(1)
    /// Five minutes.
    static let capacity = 300
    /// How old what is told may be.
    static let maximumAge = Duration.milliseconds(250)

    /// A channel at the moment.
    struct Entry: Sendable {
        let activity: ChannelActivity
        let viewers: Int
        let history: ChannelHistory
    }

    /// A channel, and how many watch it.
    private typealias Current = [(activity: ChannelActivity, viewers: Int)]

    private let current: RecentValue<Current>
    private var histories: [ChannelID: ChannelHistory] = [:]
    private var lastAskedAt = ContinuousClock.now
    private var sampling: Task<Void, Never>?
    private let start = ContinuousClock.now

    /// - Parameter corrections: those who read a channel on its viewers' behalf are none themselves: how many to add to the relay's counts.
    init(of relay: RelayServer, corrections: @escaping @Sendable () async -> [ChannelName: Int]) {
        current = RecentValue(atMostEvery: Self.maximumAge) {
            let corrections = await corrections()
            return await relay.channelActivities().map { activity in
                let report = activity.report
                return (activity, max(0, report.readerCount + corrections[report.name, default: 0]))
            }
        }
    }

    deinit { sampling?.cancel() }

    /// All channels, by name.
    func entries() async -> [Entry] {
        lastAskedAt = .now
        if sampling == nil {
            begin()
            await sample()
        }
        return await current.value().map { activity, viewers in
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

    private func sample() async {
        let current = await current.value()
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
