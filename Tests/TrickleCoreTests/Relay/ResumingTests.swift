import Testing
import TrickleCore

@Suite struct ResumingTests {
    @Test func aPublisherThatSaidWhoItIsGoesOnWhereTheRelayIs() throws {
        var relay = RelayScenario()
        let first = try relay.post(0, publisher: "me")
        try relay.append("abc", to: first)
        relay.breakOff(first)
        relay.now += .seconds(4)
        relay.store.sweep(now: relay.now)
        #expect(try relay.read(.exact(0)) == Reading(0, "abc", .open))
        let second = try relay.post(0, publisher: "me", offset: 1)
        try relay.append("b", to: second)
        try relay.append("cd", to: second)
        try relay.finish(second)
        #expect(try relay.read(.exact(0)) == Reading(0, "abcd"))
    }

    @Test func itsSegmentIsAbortedWhenItDoesNotComeBack() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        relay.breakOff(post)
        relay.now += .seconds(5)
        relay.store.sweep(now: relay.now)
        #expect(try relay.read(.exact(0)) == Reading(0, "abc", .aborted(.publisher)))
        #expect(throws: RelayRefusal.offsetMismatch(size: 0)) { try relay.post(0, publisher: "me", offset: 3) }
        #expect(throws: Never.self) { try relay.post(1) }
    }

    @Test func itsSegmentIsAbortedWhenItComesBackWithAnotherOneOnly() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        relay.breakOff(post)
        let other = try relay.post(1, publisher: "me")
        relay.now += .seconds(5)
        relay.store.sweep(now: relay.now)
        #expect(try relay.read(.exact(0)) == Reading(0, "abc", .aborted(.publisher)))
        #expect(throws: RelayRefusal.ownedByAnother(for: .seconds(5))) { try relay.post(2) }
        #expect(try relay.finish(other) == .taken(1))
        #expect(throws: Never.self) { try relay.post(2) }
    }

    @Test func anOwnerThatCameBackIsNotWaitedForAfterItsEnd() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        relay.breakOff(post)
        try relay.finish(try relay.post(0, publisher: "me", offset: 3))
        #expect(throws: Never.self) { try relay.post(1) }
    }

    @Test func anOffsetBeyondWhatIsThereIsRefusedWithTheSize() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        #expect(throws: RelayRefusal.offsetMismatch(size: 3)) { try relay.post(0, publisher: "me", offset: 4) }
        #expect(throws: RelayRefusal.offsetMismatch(size: 0)) { try relay.post(1, publisher: "me", offset: 1) }
        #expect(try relay.append("d", to: post) == .taken(0))
    }

    @Test func aResumedPostTakesOverFromTheOldConnection() throws {
        var relay = RelayScenario()
        let old = try relay.post(0, publisher: "me")
        try relay.append("abc", to: old)
        let new = try relay.post(0, publisher: "me", offset: 3)
        #expect(relay.store.end(of: old) == .superseded(0))
        try relay.append("d", to: new)
        relay.breakOff(old)
        try relay.finish(new)
        #expect(try relay.read(.exact(0)) == Reading(0, "abcd"))
    }

    @Test func othersAreRefusedWhileTheOwnerIsThereOrAwaited() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) { try relay.post(0) }
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) { try relay.post(0, publisher: "you") }
        try relay.append("a", to: post)
        relay.breakOff(post)
        #expect(throws: RelayRefusal.ownedByAnother(for: nil)) { try relay.post(0, publisher: "you") }
        relay.now += .seconds(5)
        #expect(throws: Never.self) { try relay.post(1, publisher: "you") }
    }

    @Test func aSecondPublisherIsRefusedBeforeItBegins() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("a", to: post)
        relay.now += .seconds(12)
        #expect(throws: RelayRefusal.ownedByAnother(for: .seconds(12))) { try relay.create(by: "you") }
        #expect(throws: Never.self) { try relay.create(by: "me") }
        #expect(throws: Never.self) { try relay.create(by: nil) }
        relay.breakOff(post)
        #expect(throws: RelayRefusal.ownedByAnother(for: nil)) { try relay.create(by: "you") }
        relay.now += .seconds(5)
        #expect(throws: Never.self) { try relay.create(by: "you") }
    }

    @Test func aPublisherWithoutANameIsOneTooWhileItsPostIsOpen() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        relay.now += .seconds(3)
        #expect(throws: RelayRefusal.ownedByAnother(for: .seconds(3))) { try relay.create(by: "me") }
        try relay.append("a", to: post)
        #expect(throws: RelayRefusal.ownedByAnother(for: .seconds(3))) { try relay.create(by: "me") }
        try relay.finish(post)
        #expect(throws: Never.self) { try relay.create(by: "me") }
    }

    @Test func nobodyWhoSaysWhoHeIsClosesAnothersChannel() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("a", to: post)
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) {
            try relay.store.closeChannel(relay.name, publisher: "you", now: relay.now)
        }
        #expect(try relay.append("b", to: post) == .taken(0))
        try relay.store.closeChannel(relay.name, publisher: "me", now: relay.now)
        #expect(relay.store.end(of: post) == .channelClosed)
    }

    @Test func theOwnerGoesWhenItsLastPostEnds() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("a", to: post)
        try relay.finish(post)
        #expect(throws: Never.self) { try relay.post(1) }
    }

    @Test func resetPushesTheOwnerAside() throws {
        var relay = RelayScenario()
        let mine = try relay.post(0, publisher: "me")
        try relay.append("a", to: mine)
        let yours = try relay.post(1, resets: true, publisher: "you")
        #expect(relay.store.end(of: mine) == .superseded(0))
        try relay.append("b", to: yours)
        #expect(throws: RelayRefusal.ownedByAnother(for: .zero)) { try relay.post(2, publisher: "me") }
        #expect(try relay.read(.exact(0)) == Reading(0, "a", .aborted(.publisher)))
    }

    @Test func theOwnersNextSegmentAbortsTheOneThatLingers() throws {
        var relay = RelayScenario()
        let zero = try relay.post(0, publisher: "me")
        try relay.append("a", to: zero)
        relay.breakOff(zero)
        let one = try relay.post(1, publisher: "me")
        #expect(try relay.read(.exact(0))?.state == .open)
        try relay.append("b", to: one)
        #expect(try relay.read(.exact(0)) == Reading(0, "a", .aborted(.publisher)))
    }

    @Test func aSegmentWhoseAnswerWasLostIsRepeatedWithoutHarm() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        try relay.finish(post)
        let again = try relay.post(0, publisher: "me", offset: 2)
        try relay.append("c", to: again)
        #expect(try relay.finish(again) == .taken(0))
        let more = try relay.post(0, publisher: "me", offset: 2)
        #expect(throws: RelayRefusal.offsetMismatch(size: 3)) { try relay.append("cd", to: more) }
        #expect(try relay.read(.exact(0)) == Reading(0, "abc"))
    }

    @Test func closingTheChannelAbortsWhatLingers() throws {
        var relay = RelayScenario()
        let post = try relay.post(0, publisher: "me")
        try relay.append("abc", to: post)
        relay.breakOff(post)
        try relay.store.closeChannel(relay.name, now: relay.now)
        #expect(try relay.read(.exact(0)) == Reading(0, "abc", .aborted(.publisher)))
    }
}
