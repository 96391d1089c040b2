import Testing
import TrickleCore

@Suite struct ClosingTests {
    @Test func closingIsNotLosing() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        let waiting = try #require(try relay.wait(.exact(1)))
        try relay.store.closeChannel(relay.name, now: relay.now)
        #expect(try relay.store.retry(waiting) == .closed(next: 1))
        #expect(try relay.read(.exact(0)) == Reading(0, "zero"))
        #expect(try relay.store.read(relay.name, at: .exact(1)) == .closed(next: 1))
        #expect(throws: RelayRefusal.channelNotFound) { try relay.read(.current) }
        #expect(throws: RelayRefusal.channelNotFound) { try relay.next() }
        #expect(throws: RelayRefusal.channelNotFound) { try relay.store.closeChannel(relay.name, now: relay.now) }
        #expect(relay.store.channelList.names == [])

        relay.now += .seconds(10)
        relay.store.sweep(now: relay.now)
        #expect(throws: RelayRefusal.channelNotFound) { try relay.read(.exact(0)) }
    }

    @Test func closingEndsPublishersAndCompletesWhatIsOpen() throws {
        var relay = RelayScenario()
        let writing = try relay.post(0)
        try relay.append("zero", to: writing)
        let preconnected = try relay.post(1)
        try relay.store.closeChannel(relay.name, now: relay.now)
        #expect(relay.store.end(of: writing) == .channelClosed)
        #expect(relay.store.end(of: preconnected) == .channelClosed)
        #expect(try relay.read(.exact(0)) == Reading(0, "zero"))
    }

    @Test func aNewChannelOfTheNameLeavesTheOldOnesReadersTheirSegments() throws {
        var relay = RelayScenario()
        for number in 0...3 { try relay.publish(number, "old \(number)") }
        try relay.store.closeChannel(relay.name, now: relay.now)
        try relay.publish(0, "new 0")
        #expect(try relay.read(.exact(0)) == Reading(0, "new 0"))
        #expect(try relay.read(.exact(3)) == Reading(3, "old 3"))
        #expect(try relay.store.read(relay.name, at: .exact(4)) == .closed(next: 4))
        #expect(throws: RelayRefusal.segmentNotFound(asked: 9, next: 1)) { try relay.read(.exact(9)) }
    }

    @Test func anIdleChannelIsClosedAndTheChangefeedTellsIt() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        relay.now += .seconds(300)
        relay.store.sweep(now: relay.now)
        #expect(throws: RelayRefusal.channelNotFound) { try relay.next() }
        #expect(
            try changes(of: &relay) == [#"{"added":["_changes"]}"#, #"{"added":["cam"]}"#, #"{"removed":["cam"]}"#])
    }

    @Test func anIdleChannelIsClosedWhileAnOlderOneOfItsNameDrains() throws {
        var limits = RelayLimits()
        limits.idleTimeout = .seconds(2)
        // Which of the two a sweep comes to first is a matter of chance.
        for _ in 0..<20 {
            var relay = RelayScenario(limits: limits)
            try relay.publish(0, "old")
            try relay.store.closeChannel(relay.name, now: relay.now)
            try relay.publish(0, "new")
            relay.store.sweep(now: .seconds(2))
            #expect(try relay.read(.exact(0)) == Reading(0, "new"))
            #expect(relay.store.channelList.names == [])
        }
    }

    @Test func theListSaysWhereTheChangefeedGoesOn() throws {
        var relay = RelayScenario("b")
        try relay.publish(0, "x")
        try relay.store.createChannel(try ChannelName("a"), contentType: nil, now: .zero)
        let list = relay.store.channelList
        #expect(list.names.map(\.text) == ["a", "b"])
        #expect(list.next == 3)
    }

    @Test func theFirstToSayAContentTypeFixesIt() throws {
        var relay = RelayScenario()
        try relay.store.createChannel(relay.name, contentType: nil, now: .zero)
        _ = try relay.post(0)
        try relay.store.createChannel(relay.name, contentType: "text/plain", now: .zero)
        try relay.publish(0, "x")
        guard case .segment(let view) = try relay.store.read(relay.name, at: .exact(0)) else {
            Issue.record("no segment")
            return
        }
        #expect(view.contentType == "video/MP2T")
    }

    @Test func aDrainingRelaySendsWaitersAwayAndAbortsWhatIsOpen() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        try relay.append("zero", to: post)
        let waiting = try #require(try relay.wait(.exact(1)))
        relay.store.drain(now: relay.now)
        #expect(relay.store.end(of: post) == .relayDraining)
        #expect(try relay.read(.exact(0)) == Reading(0, "zero", .aborted(.relay)))
        #expect(throws: RelayRefusal.draining) { try relay.store.retry(waiting) }
        #expect(throws: RelayRefusal.draining) { try relay.post(1) }
        #expect(relay.store.channelList.names.map(\.text) == ["cam"])
    }

    private func changes(of relay: inout RelayScenario) throws -> [String] {
        let end = relay.store.channelList.next!.value
        return try (0..<end).map { number in
            guard
                case .segment(let view) = try relay.store.read(.changefeed, at: .exact(SequenceNumber(number)!))
            else { return "" }
            return relay.content(of: view).text
        }
    }

    @Test func aLatePostOfTheClosingPublisherKeepsNobodyWaiting() throws {
        var relay = RelayScenario()
        try relay.publish(0, "a")
        try relay.store.closeChannel(relay.name, now: relay.now)
        let late = try relay.post(1)
        let answer = try relay.store.read(relay.name, at: .exact(1))
        #expect(answer == .closed(next: 1))
        #expect(try relay.read(.exact(0)) == Reading(0, "a"))
        relay.breakOff(late)
        #expect(try relay.store.read(relay.name, at: .exact(1)) == .closed(next: 1))
        #expect(relay.store.channelList.names.isEmpty)
    }

    @Test func aChannelThatAPostMadeStaysWhereSomebodyHasComeToIt() throws {
        var relay = RelayScenario()
        relay.breakOff(try relay.post(0))
        #expect(throws: RelayRefusal.channelNotFound) { try relay.next() }
        let post = try relay.post(0)
        let ticket = try #require(try relay.wait(.exact(0)))
        try relay.store.admitReader(of: ticket.channel)
        relay.breakOff(post)
        #expect(try relay.next() == 0)
        try relay.store.createChannel(try ChannelName("other"), contentType: nil, now: relay.now)
        let other = try ChannelName("other")
        let id = try relay.store.openPublication(
            in: other, PublishRequest(.exact(0)), on: RelayScenario.lane, now: relay.now)
        relay.store.breakPublication(id, now: relay.now)
        #expect(try relay.store.next(of: other) == 0)
    }

    /// A channel of segments 0 to 2 that was closed, and the POST of 3 that its publisher had preconnected.
    private func late() throws -> (RelayScenario, PublicationID) {
        var relay = RelayScenario()
        for number in 0..<3 { try relay.publish(number, "x") }
        try relay.store.closeChannel(relay.name, now: relay.now)
        let post = try relay.post(3)
        return (relay, post)
    }

    private func expectNoChannel(_ relay: inout RelayScenario) throws {
        #expect(relay.store.channelList.names.isEmpty)
        #expect(throws: RelayRefusal.channelNotFound) { try relay.store.next(of: relay.name) }
        #expect(throws: RelayRefusal.channelNotFound) { try relay.store.read(relay.name, at: .next) }
        #expect(try relay.store.read(relay.name, at: .exact(3)) == .closed(next: 3))
    }

    @Test func aPostThatTheCloseOvertookBeginsNothing() throws {
        var (relay, post) = try late()
        let changes = try relay.store.next(of: .changefeed)
        try expectNoChannel(&relay)
        #expect(try relay.finish(post) == .ended(.channelClosed))
        try expectNoChannel(&relay)
        relay.breakOff(try relay.post(3))
        try expectNoChannel(&relay)
        #expect(try relay.store.next(of: .changefeed) == changes)
    }

    @Test func aPostThatTheCloseOvertookMakesAChannelWithItsFirstByte() throws {
        var (relay, post) = try late()
        #expect(try relay.append("again", to: post) == .taken(3))
        try relay.finish(post)
        #expect(try relay.read(.exact(3)) == Reading(3, "again"))
        #expect(try relay.store.next(of: relay.name) == 4)
    }

    @Test func aPostThatTheCloseOvertookIsAnsweredWhenTheChannelIsForgotten() throws {
        var (relay, post) = try late()
        relay.now += .seconds(10)
        relay.store.sweep(now: relay.now)
        #expect(relay.store.end(of: post) == .channelClosed)
    }
}
