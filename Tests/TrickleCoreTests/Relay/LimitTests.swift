import Testing

@testable import TrickleCore

@Suite struct LimitTests {
    private func scenario(_ memory: Int, _ name: String = "cam") throws -> RelayScenario {
        var limits = RelayLimits()
        limits.memoryByteCount = memory
        limits.hasChangefeed = false
        return RelayScenario(name, limits: limits)
    }

    private func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    /// A POST of the client.
    private func post(
        _ number: Int, in name: String, by client: Int, to relay: inout RelayScenario
    ) throws -> PublicationID {
        var request = PublishRequest(.exact(SequenceNumber(integerLiteral: number)))
        request.client = client
        return try relay.store.openPublication(
            in: try ChannelName(name), request, on: RelayScenario.lane, now: .zero)
    }

    private func publish(
        _ count: Int, at number: Int = 0, in name: String, by client: Int, to relay: inout RelayScenario
    ) throws {
        let post = try post(number, in: name, by: client, to: &relay)
        _ = try relay.store.append(BytesPiece(text(count)), to: post, now: .zero)
        _ = try relay.store.finish(post, now: .zero)
    }

    @Test func memoryShortOfTheBudgetDropsTheOldestSegmentsButTheNewestCompleteOne() throws {
        var relay = try scenario(60_000)
        for number in 0...3 { try relay.publish(number, text(10_000)) }
        let open = try post(0, in: "open", by: 0, to: &relay)
        _ = try relay.store.append(BytesPiece(text(20_000)), to: open, now: .zero)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(0)) }
        #expect(try relay.read(.exact(3))?.number == 3)
        #expect(relay.store.cost <= 60_000)
    }

    @Test func theNewestCompleteSegmentStaysNotABrokenOne() throws {
        var relay = try scenario(40_000)
        try relay.publish(0, text(10_000))
        let broken = try relay.post(1)
        try relay.append(text(10_000), to: broken)
        relay.breakOff(broken)
        try relay.append(text(18_000), to: try relay.post(2))
        #expect(try relay.read(.exact(0))?.number == 0)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(1)) }
    }

    @Test func whenNothingElseIsLeftTheLargestOpenSegmentEndsAsAbortedByTheRelay() throws {
        var relay = try scenario(100_000)
        let posts = try (0..<10).map { try post(0, in: "c\($0)", by: $0, to: &relay) }
        var ends: [PublicationEnd] = []
        for round in 0..<40 {
            for (index, id) in posts.enumerated() {
                let count = index == 7 ? 3000 : 500
                if case .ended(let end) = try relay.store.append(BytesPiece(text(count)), to: id, now: .zero),
                    round < 30
                {
                    ends.append(end)
                }
                #expect(relay.store.cost <= 100_000 + 4000)
            }
            if round == 25 { #expect(relay.store.end(of: posts[7]) == .outOfMemory) }
        }
        #expect(ends.contains(.outOfMemory))
        #expect(try relay.store.read(try ChannelName("c7"), at: .next) != .closed(next: .zero))
    }

    @Test func aReaderOfASegmentThatIsGivenUpLearnsOfItBeforeTheBytesGo() throws {
        var relay = try scenario(50_000)
        let open = try post(0, in: "cam", by: 1, to: &relay)
        _ = try relay.store.append(BytesPiece(text(30_000)), to: open, now: .zero)
        let view = try relay.view(0)
        relay.store.attach(view.id, on: RelayScenario.lane)
        var pieces: [BytesPiece] = []
        #expect(relay.store.pull(view.id, from: 0, on: RelayScenario.lane, into: &pieces) == .open)
        _ = try relay.store.append(BytesPiece(text(30_000)), to: open, now: .zero)
        #expect(relay.store.pull(view.id, from: 1, on: RelayScenario.lane, into: &pieces) == .aborted(.relay))
        relay.store.sweep(now: .seconds(1))
        #expect(relay.store.cost < 50_000)
    }

    @Test func theClientThatTakesMostGivesWayFirst() throws {
        var relay = try scenario(200_000)
        try publish(20_000, in: "quiet", by: 1, to: &relay)
        for number in 0..<12 { try publish(30_000, in: "greedy\(number)", by: 2, to: &relay) }
        let open = try post(1, in: "quiet", by: 1, to: &relay)
        #expect(try relay.store.append(BytesPiece(text(20_000)), to: open, now: .zero) == .taken(1))
        #expect(throws: Never.self) { try relay.store.read(try ChannelName("quiet"), at: .exact(0)) }
        #expect(throws: RelayRefusal.self) { try relay.store.read(try ChannelName("greedy0"), at: .exact(0)) }
        #expect(throws: Never.self) { try relay.store.read(try ChannelName("greedy11"), at: .exact(0)) }
    }

    @Test func bytesThatAreComparedTakeNothing() throws {
        var relay = try scenario(1 << 20)
        try relay.publish(0, text(10_000))
        let before = relay.store.cost
        let repeats = try (0..<5).map { _ in try relay.post(0) }
        for id in repeats { try relay.append(text(9_999), to: id) }
        #expect(relay.store.cost == before)
        for id in repeats.dropFirst() { relay.breakOff(id) }
        try relay.append("y", to: repeats[0])
        _ = try relay.store.finish(repeats[0], now: .zero)
        let view = try relay.view(0)
        #expect(view.byteCount == 10_000)
        #expect(relay.text(of: view.id) == text(9_999) + "y")
    }

    @Test func whatIsComparedWithASegmentThatGoesEndsForWantOfMemory() throws {
        var relay = try scenario(50_000)
        try relay.publish(0, text(30_000))
        let again = try relay.post(0)
        try relay.append(text(10), to: again)
        try publish(25_000, in: "other", by: 3, to: &relay)
        #expect(relay.store.end(of: again) == .outOfMemory)
    }

    @Test func smallPiecesAreJoinedWhereNobodyReadsThem() throws {
        var relay = try scenario(1 << 20)
        let id = try relay.post(0)
        for number in 0..<5000 { try relay.append(String(number % 10), to: id) }
        #expect(relay.store.cost < 5000 * 20)
        let view = try relay.view(0)
        #expect(relay.text(of: view.id) == (0..<5000).map { String($0 % 10) }.joined())
        _ = try relay.store.finish(id, now: .zero)
        #expect(relay.text(of: view.id) == (0..<5000).map { String($0 % 10) }.joined())
    }

    @Test func segmentsWithoutABytePayForTheirPlaceAndAreBoundedByNumber() throws {
        var limits = RelayLimits()
        limits.windowSegmentCount = 100
        var relay = RelayScenario(limits: limits)
        try relay.publish(0, "x")
        for _ in 0..<1000 { try relay.store.endSegment(relay.name, at: .next, now: .zero) }
        let channel = try #require(relay.store.channelIDs[relay.name].flatMap { relay.store.channels[$0] })
        #expect(channel.index.count <= 101)
        #expect(relay.store.cost >= 100 * 512)
    }

    // MARK: Held bytes

    @Test(arguments: ["segment", "channel", "superseded", "broken", "relay"])
    func heldBytesAreInTheSegmentWhoeverEndsIt(_ who: String) throws {
        var relay = try scenario(1 << 20)
        let id = try relay.post(0)
        try relay.append("begin", to: id)
        _ = try relay.store.hold(BytesPiece(" held"), for: id, now: .zero)
        _ = try relay.store.hold(BytesPiece(" more"), for: id, now: .zero)
        let view = try relay.view(0)
        relay.store.attach(view.id, on: RelayScenario.lane)
        #expect(view.byteCount == 5)
        switch who {
        case "segment": try relay.store.endSegment(relay.name, at: .exact(.zero), now: .zero)
        case "channel": try relay.store.closeChannel(relay.name, now: .zero)
        case "superseded":
            var request = PublishRequest(.exact(1))
            request.resets = true
            let next = try relay.store.openPublication(in: relay.name, request, on: RelayScenario.lane, now: .zero)
            try relay.append("next", to: next)
        case "broken": relay.breakOff(id)
        default: relay.store.drain(now: .zero)
        }
        #expect(relay.text(of: view.id) == "begin held more")
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
