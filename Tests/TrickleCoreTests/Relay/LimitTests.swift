import Testing

@testable import TrickleCore

@Suite struct LimitTests {
    @Test func memoryShortOfTheBudgetShrinksTheLongestWindowToItsNewestSegment() throws {
        var limits = RelayLimits()
        limits.memoryByteCount = 5000
        var relay = RelayScenario("long", limits: limits)
        for number in 0...3 { try relay.publish(number, String(repeating: "x", count: 900)) }
        let short = try ChannelName("short")
        let post = try relay.store.openPublication(
            in: short, PublishRequest(.exact(0)), on: RelayScenario.lane, now: .zero)
        _ = try relay.store.append(BytesPiece(String(repeating: "y", count: 1000)), to: post, now: .zero)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(2)) }
        #expect(try relay.read(.exact(3))?.number == 3)
        #expect(relay.store.cost <= 5000)
    }

    @Test func memoryShortOfTheBudgetKeepsTheNewestCompleteSegmentNotABrokenOne() throws {
        var limits = RelayLimits()
        limits.memoryByteCount = 3000
        var relay = RelayScenario(limits: limits)
        try relay.publish(0, String(repeating: "x", count: 900))
        let broken = try relay.post(1)
        try relay.append(String(repeating: "y", count: 900), to: broken)
        relay.breakOff(broken)
        try relay.append(String(repeating: "z", count: 900), to: try relay.post(2))
        #expect(try relay.read(.exact(0))?.number == 0)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(1)) }
    }

    @Test func windowsShrinkThoughTheLongestChannelHasNothingToGive() throws {
        var limits = RelayLimits()
        limits.memoryByteCount = 5000
        var relay = RelayScenario("short", limits: limits)
        for number in 0...3 { try relay.publish(number, String(repeating: "x", count: 900)) }
        let open = try ChannelName("open")
        let post = try relay.store.openPublication(
            in: open, PublishRequest(.exact(0)), on: RelayScenario.lane, now: .zero)
        _ = try relay.store.append(BytesPiece(String(repeating: "y", count: 4900)), to: post, now: .zero)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(2)) }
        #expect(try relay.read(.exact(3))?.number == 3)
        _ = try relay.store.append(BytesPiece("more"), to: post, now: .zero)
        #expect(try relay.read(.exact(3))?.number == 3)
        _ = try relay.store.finish(post, now: .zero)
    }

    @Test func memoryThatStaysShortRefusesNewChannelsAndSegmentsButNoOpenSegment() throws {
        var limits = RelayLimits()
        limits.memoryByteCount = 1000
        var relay = RelayScenario(limits: limits)
        let post = try relay.post(0)
        try relay.append(String(repeating: "x", count: 1000), to: post)
        #expect(throws: RelayRefusal.outOfMemory(limit: 1000)) { try relay.post(1) }
        #expect(throws: RelayRefusal.outOfMemory(limit: 1000)) {
            try relay.store.createChannel(try ChannelName("other"), contentType: nil, now: .zero)
        }
        #expect(try relay.append("more", to: post) == .taken(0))
    }

    @Test func readersBeyondTheLimitAreRefusedUntilOneGoes() throws {
        var limits = RelayLimits()
        limits.readerCountPerChannel = 2
        var relay = RelayScenario(limits: limits)
        _ = try relay.post(0)
        let channel = try #require(relay.store.channelIDs[relay.name])
        try relay.store.admitReader(of: channel)
        try relay.store.admitReader(of: channel)
        #expect(throws: RelayRefusal.tooManyReaders(limit: 2)) { try relay.store.admitReader(of: channel) }
        relay.store.dismissReader(of: channel)
        #expect(throws: Never.self) { try relay.store.admitReader(of: channel) }
    }
}
