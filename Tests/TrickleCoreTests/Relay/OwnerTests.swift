import Testing

@testable import TrickleCore

struct OwnerTests {
    private typealias Claim = (channel: ChannelID, publisher: String)

    private func claim(
        _ scenario: inout RelayScenario, by publisher: String, takesOver: Bool = false, mayCreate: Bool = false
    ) throws -> Claim {
        var claim = ChannelClaim(publisher: publisher, contentType: "video/MP2T")
        (claim.takesOver, claim.mayCreate) = (takesOver, mayCreate)
        return (try scenario.store.claimChannel(scenario.name, claim, now: scenario.now), publisher)
    }

    private func release(_ scenario: inout RelayScenario, _ claim: Claim, _ release: ChannelRelease) {
        scenario.store.releaseChannel(claim.channel, claim.publisher, release, now: scenario.now)
    }

    private func isHeld(_ scenario: RelayScenario, _ claim: Claim) -> Bool {
        (try? scenario.store.checkClaim(claim.channel, by: claim.publisher, now: scenario.now)) != nil
    }

    @Test func `nobody else publishes a claimed channel, between its segments neither`() throws {
        var scenario = RelayScenario()
        let first = try claim(&scenario, by: "door")
        scenario.now = .seconds(3)
        let refusal = RelayRefusal.ownedByAnother(for: .seconds(3))
        #expect(throws: refusal) { _ = try scenario.post(0) }
        #expect(throws: refusal) { _ = try scenario.post(0, publisher: "a") }
        #expect(throws: refusal) { try scenario.create(by: "a") }
        #expect(throws: refusal) { _ = try claim(&scenario, by: "another door") }
        let post = try scenario.post(0, publisher: "door")
        try scenario.append("ab", to: post)
        try scenario.finish(post)
        #expect(isHeld(scenario, first))
        #expect(throws: refusal) { _ = try scenario.post(1) }
    }

    @Test func `a door is refused while somebody posts, whether he says who he is or not`() throws {
        for publisher in [nil, "a"] {
            var scenario = RelayScenario()
            let post = try scenario.post(0, publisher: publisher)
            #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) { _ = try claim(&scenario, by: "door") }
            try scenario.append("ab", to: post)
            #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) { _ = try claim(&scenario, by: "door") }
            try scenario.finish(post)
            _ = try claim(&scenario, by: "door")
        }
    }

    @Test func `who takes over ends the posts of all others, and the claim of another door`() throws {
        for publisher in [nil, "a"] {
            var scenario = RelayScenario()
            let post = try scenario.post(0, publisher: publisher)
            try scenario.append("ab", to: post)
            let first = try claim(&scenario, by: "door", takesOver: true)
            #expect(scenario.store.end(of: post) == .superseded(.zero))
            let second = try claim(&scenario, by: "another", takesOver: true)
            #expect(!isHeld(scenario, first))
            #expect(isHeld(scenario, second))
            release(&scenario, first, .close)
            #expect(isHeld(scenario, second))
        }
    }

    @Test func `a reset takes a claimed channel`() throws {
        var scenario = RelayScenario()
        let door = try claim(&scenario, by: "door")
        let post = try scenario.post(0, publisher: "door")
        try scenario.append("ab", to: post)
        _ = try scenario.post(1, resets: true, publisher: "a")
        #expect(scenario.store.end(of: post) == .superseded(.zero))
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) {
            try scenario.store.checkClaim(door.channel, by: "door", now: scenario.now)
        }
    }

    @Test func `a channel that is left stays open, and anybody publishes it`() throws {
        var scenario = RelayScenario()
        let door = try claim(&scenario, by: "door")
        let post = try scenario.post(0, publisher: "door")
        try scenario.append("ab", to: post)
        release(&scenario, door, .leave)
        #expect(try scenario.read(.exact(.zero))?.state == .aborted(.publisher))
        scenario.now = .seconds(30)
        scenario.store.sweep(now: scenario.now)
        try scenario.publish(1, "cd")
    }

    @Test func `a channel whose publisher broke off closes when nobody comes for it in time`() throws {
        var limits = RelayLimits()
        limits.publisherLingerDuration = .seconds(15)
        var scenario = RelayScenario(limits: limits)
        try scenario.publish(0, "ab")
        release(&scenario, try claim(&scenario, by: "door"), .linger)
        scenario.now = .seconds(14)
        scenario.store.sweep(now: scenario.now)
        #expect(try scenario.next() == 1)
        scenario.now = .seconds(15)
        scenario.store.sweep(now: scenario.now)
        #expect(throws: RelayRefusal.channelNotFound) { _ = try scenario.next() }
    }

    @Test func `whoever publishes meanwhile keeps the channel open`() throws {
        for isPost in [false, true] {
            var scenario = RelayScenario()
            release(&scenario, try claim(&scenario, by: "door"), .linger)
            scenario.now = .seconds(1)
            if isPost { try scenario.publish(0, "ab") } else { _ = try claim(&scenario, by: "another") }
            scenario.now = .seconds(60)
            scenario.store.sweep(now: scenario.now)
            #expect(try scenario.next() == (isPost ? 1 : 0))
        }
    }

    @Test func `a claim ends with its channel, and does not go over to the next of that name`() throws {
        var scenario = RelayScenario()
        let door = try claim(&scenario, by: "door")
        try scenario.store.closeChannel(scenario.name, now: scenario.now)
        #expect(throws: RelayRefusal.channelNotFound) {
            try scenario.store.checkClaim(door.channel, by: "door", now: scenario.now)
        }
        try scenario.publish(0, "ab")
        release(&scenario, door, .close)
        #expect(try scenario.next() == 1)
    }

    @Test func `requests make channels only where they may, the program that has the relay always`() throws {
        var limits = RelayLimits()
        limits.createsChannels = false
        var scenario = RelayScenario(limits: limits)
        #expect(throws: RelayRefusal.channelNotFound) { _ = try claim(&scenario, by: "door") }
        _ = try claim(&scenario, by: "door", mayCreate: true)
    }

    @Test func `nobody who says who he is closes a channel that another posts to without a name`() throws {
        var scenario = RelayScenario()
        _ = try scenario.post(0)
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) {
            try scenario.store.closeChannel(scenario.name, publisher: "a", now: scenario.now)
        }
        try scenario.store.closeChannel(scenario.name, now: scenario.now)
    }
}
