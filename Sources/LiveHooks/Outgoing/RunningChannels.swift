import CommandFrame
import Endings
import Logging
import TrickleKit

/// One task for each channel that is sent on, and no more of them than may be: anybody can make channels.
actor RunningChannels {
    private struct Running {
        let channel: ChannelName
        let number: Int
        let stop: StopRequest
        let task: Task<Void, Never>
    }

    private let session: ToolSession
    private let maximumCount: Int
    private let forward: @Sendable (ChannelName, ToolSession) async -> Void
    /// By channel, those that are there. One that gave up stays until its channel ends: it begins anew when the channel does.
    private var running: [ChannelName: Running] = [:]
    /// Those whose channel was removed, and that come to its end by themselves.
    private var ending: [Int: Running] = [:]
    /// The numbers of those that have not returned.
    private var active: Set<Int> = []
    /// Channels that are there and for which there is no room.
    private var waiting: [ChannelName] = []
    private var warnings = WarningPace()
    private var lastNumber = 0

    init(
        atMost maximumCount: Int, session: ToolSession,
        forward: @escaping @Sendable (ChannelName, ToolSession) async -> Void
    ) {
        self.maximumCount = maximumCount
        self.session = session
        self.forward = forward
    }

    /// How many channels are sent on, and how many wait for that.
    var counts: (active: Int, waiting: Int) { (active.count, waiting.count) }

    /// The channel is there: it is sent on, now or when there is room.
    func start(_ channel: ChannelName) {
        if running[channel] != nil || waiting.contains(channel) || session.stop.isMade { return }
        guard active.count < maximumCount else {
            waiting.append(channel)
            if warnings.isDue(now: .now) {
                session.logger.warning(
                    "\(maximumCount) channels are sent on, and no more at once: \(waiting.count) wait, such as '\(channel)'; --max-streams sets another limit"
                )
            }
            return
        }
        lastNumber += 1
        let number = lastNumber
        active.insert(number)
        let stop = StopRequest()
        let before = ending.values.filter { $0.channel == channel }.map(\.task)
        let channelSession = session.with(stop: stop, logger: session.logger(for: channel))
        let task = Task { [forward, session] in
            let registration = session.stop.whenMade { stop.make() }
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
        waiting.removeAll { $0 == channel }
        guard let ended = running.removeValue(forKey: channel), active.contains(ended.number) else { return }
        ending[ended.number] = ended
    }

    func endAll() async {
        waiting = []
        let all = Array(running.values) + Array(ending.values)
        for running in all { running.stop.make() }
        for running in all { await running.task.value }
    }

    private func ended(_ number: Int) {
        active.remove(number)
        ending.removeValue(forKey: number)
        if active.count < maximumCount, !waiting.isEmpty { start(waiting.removeFirst()) }
    }
}

/// Keeps a warning from being given more often than every ten seconds.
struct WarningPace: Sendable {
    static let interval = Duration.seconds(10)
    private var last: ContinuousClock.Instant?

    mutating func isDue(now: ContinuousClock.Instant) -> Bool {
        if let last, now - last < Self.interval { return false }
        last = now
        return true
    }
}
