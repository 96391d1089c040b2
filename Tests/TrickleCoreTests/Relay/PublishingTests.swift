import Testing
import TrickleCore

@Suite struct PublishingTests {
    @Test func nextAdvancesOnTheFirstBodyByteNotOnTheHead() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        #expect(try relay.next() == 0)
        try relay.append("a", to: post)
        #expect(try relay.next() == 1)
    }

    @Test func anEmptyBodyAdvancesAtItsProperEnd() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        #expect(try relay.finish(post) == .taken(0))
        #expect(try relay.next() == 1)
        #expect(try relay.read(.exact(0)) == Reading(0, ""))
    }

    @Test func aPostThatBreaksBeforeItsFirstByteChangesNothing() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        let ticket = try #require(try relay.wait(.exact(0)))
        try relay.store.admitReader(of: ticket.channel)
        relay.breakOff(post)
        #expect(try relay.next() == 0)
        #expect(try relay.retry(ticket) == nil)
    }

    @Test func aPublisherThatBreaksOffAbortsItsSegmentAndKeepsItsBytes() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        try relay.append("ab", to: post)
        relay.breakOff(post)
        #expect(try relay.read(.exact(0)) == Reading(0, "ab", .aborted(.publisher)))
    }

    @Test func noNumberFollowsTheLast() throws {
        var relay = RelayScenario()
        try relay.publish(SequenceNumber.max.value, "last")
        #expect(try relay.next() == SequenceNumber.max.value)
        let post = try relay.postNext()
        #expect(throws: RelayRefusal.noNumbersLeft) { try relay.append("more", to: post) }
        #expect(try relay.read(.exact(.max)) == Reading(SequenceNumber.max.value, "last"))
    }

    @Test func minusOneTakesTheNumberThatIsNextAtItsFirstByte() throws {
        var relay = RelayScenario()
        let early = try relay.postNext()
        try relay.publish(0, "a")
        #expect(try relay.append("b", to: early) == .taken(1))
    }

    @Test func postOneMayComeBeforePostZeroAndNextNeverMovesBack() throws {
        var relay = RelayScenario()
        try relay.store.createChannel(relay.name, contentType: nil, now: .zero)
        let zero = try relay.wait(.exact(0))
        try relay.publish(1, "one")
        #expect(try relay.next() == 2)
        #expect(try relay.retry(try #require(zero)) == nil)
        try relay.publish(0, "zero")
        #expect(try relay.next() == 2)
        #expect(try relay.retry(try #require(zero)) == Reading(0, "zero"))
    }

    @Test func lateArrivalsAreKeptInTheirPlace() throws {
        var relay = RelayScenario()
        for number in [0, 5, 4, 3, 2, 1] { try relay.publish(number, "s\(number)") }
        #expect(try relay.next() == 6)
        for number in 0...5 {
            #expect(try relay.read(.exact(SequenceNumber(number)!)) == Reading(number, "s\(number)"))
        }
    }

    @Test func aPostOfAnOpenSegmentContinuesIt() throws {
        var relay = RelayScenario()
        let first = try relay.post(0)
        try relay.append("a", to: first)
        let second = try relay.post(0)
        try relay.append("b", to: second)
        relay.breakOff(first)
        #expect(try relay.read(.exact(0)) == Reading(0, "ab", .open))
        try relay.finish(second)
        #expect(try relay.read(.exact(0)) == Reading(0, "ab"))
    }

    @Test func anAbortedSegmentIsReplaced() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        try relay.append("half", to: post)
        relay.breakOff(post)
        try relay.publish(0, "whole")
        #expect(try relay.read(.exact(0)) == Reading(0, "whole"))
        #expect(try relay.next() == 1)
    }

    @Test func theLastSegmentSentAgainIsARetryAndChangesNothing() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        try relay.publish(1, "one")
        let before = try relay.store.read(relay.name, at: .exact(1))
        let retry = try relay.post(1)
        try relay.append("o", to: retry)
        try relay.append("ne", to: retry)
        #expect(try relay.finish(retry) == .taken(1))
        #expect(try relay.store.read(relay.name, at: .exact(1)) == before)
        #expect(try relay.read(.exact(0)) == Reading(0, "zero"))
    }

    @Test(arguments: ["ox", "on", "onee", "", "x"])
    func theLastNumberWithOtherBytesIsARestart(bytes: String) throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        try relay.publish(1, "one")
        let post = try relay.post(1)
        for character in bytes { try relay.append(String(character), to: post) }
        #expect(try relay.finish(post) == .taken(1))
        #expect(try relay.read(.exact(1)) == Reading(1, bytes))
        #expect(throws: RelayRefusal.segmentNotFound(asked: 0, next: 2)) { try relay.read(.exact(0)) }
    }

    @Test func anOlderNumberIsAPublisherThatBeganAgain() throws {
        var relay = RelayScenario()
        for number in 0...9 { try relay.publish(number, "old \(number)") }
        let waiting = try #require(try relay.wait(.exact(10)))
        let post = try relay.post(0)
        try relay.append("new", to: post)
        #expect(try relay.next() == 1)
        #expect(try relay.retry(waiting) == Reading(0, "new", .open))
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(9)) }
    }

    @Test func readersOfARestartedChannelFinishTheOldSegment() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        try relay.publish(1, "one")
        guard case .segment(let old) = try relay.store.read(relay.name, at: .exact(1)) else {
            Issue.record("no segment")
            return
        }
        relay.store.attach(old.id, on: RelayScenario.lane)
        try relay.publish(0, "again")
        var pieces: [BytesPiece] = []
        #expect(relay.store.pull(old.id, from: 0, on: RelayScenario.lane, into: &pieces) == .complete)
        #expect(pieces == ["one"])
    }

    @Test func aRestartEndsWhoeverStillWritesTheOldRun() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        let old = try relay.post(1)
        try relay.append("one", to: old)
        try relay.publish(0, "different")
        #expect(relay.store.end(of: old) == .superseded(1))
        #expect(try relay.append("more", to: old) == .ended(.superseded(1)))
    }

    @Test func resetEndsEarlierOpenSegmentsAndKeepsThoseAhead() throws {
        var relay = RelayScenario()
        let zero = try relay.post(0)
        try relay.append("zero", to: zero)
        let two = try relay.post(2)
        try relay.append("two", to: two)
        let one = try relay.post(1, resets: true)
        #expect(try relay.read(.exact(0))?.state == .open)
        try relay.append("one", to: one)
        #expect(try relay.read(.exact(0)) == Reading(0, "zero"))
        #expect(try relay.read(.exact(2)) == Reading(2, "two", .open))
    }

    @Test func aSegmentThatIsTooLargeIsRefusedAndAborted() throws {
        var limits = RelayLimits()
        limits.segmentByteCount = 3
        var relay = RelayScenario(limits: limits)
        let post = try relay.post(0)
        try relay.append("abc", to: post)
        #expect(throws: RelayRefusal.segmentTooLarge(limit: 3)) { try relay.append("d", to: post) }
        #expect(try relay.read(.exact(0)) == Reading(0, "abc", .aborted(.publisher)))
    }

    @Test func atMostSixteenSegmentsOfAChannelAreWrittenAtOnce() throws {
        var relay = RelayScenario()
        for number in 0..<16 { try relay.append("x", to: try relay.post(number)) }
        #expect(throws: RelayRefusal.tooManyOpenSegments(limit: 16)) { try relay.post(16) }
    }

    @Test func anAbortedSegmentStaysWhereTheOneThatWouldReplaceItIsOneTooMany() throws {
        var limits = RelayLimits()
        limits.openSegmentCount = 2
        var relay = RelayScenario(limits: limits)
        let broken = try relay.post(0)
        try relay.append("half", to: broken)
        relay.breakOff(broken)
        let again = try relay.post(0)
        for number in 1...2 { try relay.append("x", to: try relay.post(number)) }
        #expect(throws: RelayRefusal.tooManyOpenSegments(limit: 2)) { try relay.append("whole", to: again) }
        #expect(try relay.read(.exact(0)) == Reading(0, "half", .aborted(.publisher)))
        relay.store.sweep(now: .seconds(60))
    }

    @Test func aRefusedPostCreatesNothing() throws {
        var limits = RelayLimits()
        limits.createsChannels = false
        var relay = RelayScenario(limits: limits)
        #expect(throws: RelayRefusal.channelNotFound) { try relay.post(0) }
        var other = RelayScenario()
        #expect(throws: RelayRefusal.notPublishable(.current)) {
            try other.store.openPublication(
                in: other.name, PublishRequest(.current), on: RelayScenario.lane, now: .zero)
        }
        #expect(other.store.channelList.names == [])
    }

    @Test func theRelaysOwnNamesCannotBePublishedTo() throws {
        var relay = RelayScenario("_mine")
        #expect(throws: RelayRefusal.internalChannel) { try relay.post(0) }
        #expect(throws: RelayRefusal.internalChannel) {
            try relay.store.closeChannel(.changefeed, now: .zero)
        }
    }

    @Test func endingASegmentEndsItsWriterAndItsWaiters() throws {
        var relay = RelayScenario()
        let zero = try relay.post(0)
        try relay.append("zero", to: zero)
        try relay.store.endSegment(relay.name, at: .exact(0), now: relay.now)
        #expect(relay.store.end(of: zero) == .segmentEnded(0))
        #expect(try relay.read(.exact(0)) == Reading(0, "zero"))

        let waiting = try #require(try relay.wait(.exact(1)))
        try relay.store.endSegment(relay.name, at: .next, now: relay.now)
        #expect(try relay.retry(waiting) == Reading(1, ""))
        #expect(try relay.next() == 2)
        #expect(throws: RelayRefusal.segmentNotFound(asked: 9, next: 2)) {
            try relay.store.endSegment(relay.name, at: .exact(9), now: relay.now)
        }
    }
}
