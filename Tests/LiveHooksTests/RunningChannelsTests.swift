import Synchronization
import Testing
import TrickleKit

@testable import CommandFrame
@testable import LiveHooks

/// How many channels `pubsub-out` and `pubsub-pipe` send on.
@Suite struct RunningChannelsTests {
    /// Sends channels on until it is told that they have ended.
    private final class Forwarding: Sendable {
        let running = Mutex<[ChannelName: CheckedContinuation<Void, Never>]>([:])
        let started = Mutex<[ChannelName]>([])

        func forward(_ channel: ChannelName) async {
            await withCheckedContinuation { continuation in
                running.withLock { $0[channel] = continuation }
                started.withLock { $0.append(channel) }
            }
        }

        func end(_ channel: ChannelName) { running.withLock { $0.removeValue(forKey: channel) }?.resume() }
    }

    private func eventually(_ isSo: () async -> Bool) async {
        while await !isSo() { await Task.yield() }
    }

    @Test func `channels beyond the limit wait until another has ended`() async throws {
        let session = ToolSession(tool: "test", options: try LogOptions.parse(["--quiet"]))
        let forwarding = Forwarding()
        let channels = RunningChannels(atMost: 2, session: session) { channel, _ in await forwarding.forward(channel) }
        let names = try (0..<150).map { try ChannelName("\($0)-out") }
        for name in names { await channels.start(name) }
        await eventually { forwarding.started.withLock { $0.count } == 2 }
        var counts = await channels.counts
        #expect(counts.active == 2 && counts.waiting == 148)
        // One that is gone before its turn has none.
        await channels.end(names[2])
        await channels.end(names[0])
        counts = await channels.counts
        #expect(counts.active == 2, "its end is still read")
        forwarding.end(names[0])
        await eventually { forwarding.started.withLock { $0.count } == 3 }
        #expect(forwarding.started.withLock { $0.last } == names[3])
        counts = await channels.counts
        #expect(counts.active == 2 && counts.waiting == 146)
        async let ended: Void = channels.endAll()
        for name in [names[1], names[3]] { forwarding.end(name) }
        await ended
        counts = await channels.counts
        #expect(counts.active == 0 && counts.waiting == 0)
    }

    @Test func `one that gives up makes room, and begins anew when its channel does`() async throws {
        let session = ToolSession(tool: "test", options: try LogOptions.parse(["--quiet"]))
        let forwarding = Forwarding()
        let channels = RunningChannels(atMost: 1, session: session) { channel, _ in await forwarding.forward(channel) }
        let (first, second) = (try ChannelName("a-out"), try ChannelName("b-out"))
        await channels.start(first)
        await channels.start(second)
        await eventually { forwarding.started.withLock { $0 } == [first] }
        forwarding.end(first)
        await eventually { forwarding.started.withLock { $0 } == [first, second] }
        await channels.end(first)
        await channels.start(first)
        forwarding.end(second)
        await eventually { forwarding.started.withLock { $0 } == [first, second, first] }
        forwarding.end(first)
        await channels.endAll()
    }

    @Test func `a warning is not given more often than every ten seconds`() {
        var pace = WarningPace()
        let now = ContinuousClock.now
        let answers = [0, 1, 9, 10, 11, 21].map { pace.isDue(now: now + .seconds($0)) }
        #expect(answers == [true, false, false, true, false, true])
    }
}
