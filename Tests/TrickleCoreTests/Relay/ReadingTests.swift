import Testing
import TrickleCore

@Suite struct ReadingTests {
    @Test func aFreshChannelLetsReadersWaitAtZeroAndOne() throws {
        var relay = RelayScenario()
        _ = try relay.post(0)
        #expect(try relay.wait(.exact(0))?.number == 0)
        #expect(try relay.wait(.exact(1))?.number == 1)
        #expect(throws: RelayRefusal.segmentNotFound(asked: 2, next: 0)) { try relay.read(.exact(2)) }
    }

    @Test func waitingIsAllowedAtNextOnly() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        #expect(try relay.wait(.exact(1)) != nil)
        #expect(throws: RelayRefusal.segmentNotFound(asked: 2, next: 1)) { try relay.read(.exact(2)) }
    }

    @Test func relativePositionsCountFromTheNewest() throws {
        var relay = RelayScenario()
        for number in 0...4 { try relay.publish(number, "s\(number)") }
        #expect(try relay.wait(.next)?.number == 5)
        #expect(try relay.read(.current)?.number == 4)
        #expect(try relay.read(.back(1))?.number == 3)
        #expect(try relay.read(.back(4))?.number == 0)
        #expect(try relay.read(.back(1000))?.number == 0)
    }

    @Test func relativePositionsOnAFreshChannelWaitForItsFirst() throws {
        var relay = RelayScenario()
        _ = try relay.post(0)
        for position in [SegmentPosition.next, .current, .back(3)] {
            #expect(try relay.wait(position)?.number == 0)
        }
    }

    @Test func olderThanTheWindowIsTheOldestKept() throws {
        var relay = RelayScenario()
        for number in 0...20 {
            relay.now += .seconds(60)
            try relay.publish(number, "s\(number)")
        }
        #expect(try relay.read(.back(12))?.number == 16)
        #expect(throws: RelayRefusal.segmentNotFound(asked: 15, next: 21)) { try relay.read(.exact(15)) }
    }

    @Test func theWindowKeepsTheYoungBeyondTheNewestFive() throws {
        var relay = RelayScenario()
        for number in 0...20 {
            relay.now += .milliseconds(100)
            try relay.publish(number, "s\(number)")
        }
        #expect(try relay.read(.exact(0))?.number == 0)
        relay.now += .seconds(31)
        relay.store.sweep(now: relay.now)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(15)) }
        #expect(try relay.read(.exact(16))?.number == 16)
    }

    @Test func theWindowKeepsAtMostItsBytes() throws {
        var limits = RelayLimits()
        limits.windowByteCount = 10
        var relay = RelayScenario(limits: limits)
        for number in 0...5 { try relay.publish(number, "1234") }
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(3)) }
        #expect(try relay.read(.exact(4)) == Reading(4, "1234"))
    }

    @Test func theWindowHasRoomForSegmentsOfAnySizeUnlessItIsToldItsBytes() throws {
        let large = String(repeating: "x", count: RelayLimits.leastWindowByteCount / 5)
        var relay = RelayScenario(limits: RelayLimits())
        for number in 0...9 { try relay.publish(number, large) }
        // Ten of them are too many, eight are not.
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(1)) }
        #expect(try relay.read(.exact(2))?.number == 2)
        var limits = RelayLimits()
        limits.windowByteCount = RelayLimits.leastWindowByteCount
        var told = RelayScenario(limits: limits)
        for number in 0...9 { try told.publish(number, large) }
        #expect(throws: RelayRefusal.self) { try told.read(.exact(4)) }
        #expect(try told.read(.exact(5))?.number == 5)
    }

    @Test func whatGoesBeforeItsTimeForWantOfMemoryIsTold() throws {
        var limits = RelayLimits()
        limits.memoryByteCount = 100_000
        var relay = RelayScenario(limits: limits)
        try relay.publish(0, String(repeating: "x", count: 40_000))
        let before = relay.store.takeSqueezed()
        #expect(before == nil)
        for number in 1...3 { try relay.publish(number, String(repeating: "x", count: 40_000)) }
        let squeezed = relay.store.takeSqueezed()
        #expect(squeezed == relay.name)
        let after = relay.store.takeSqueezed()
        #expect(after == nil)
    }

    @Test func theNewestCompleteSegmentStaysWhileTheNextIsWritten() throws {
        var limits = RelayLimits()
        limits.windowByteCount = 10
        var relay = RelayScenario(limits: limits)
        try relay.publish(0, "1234")
        try relay.publish(1, "12345678")
        let broken = try relay.post(2)
        try relay.append("12", to: broken)
        relay.breakOff(broken)
        let post = try relay.post(3)
        for _ in 0..<3 { try relay.append("12345", to: post) }
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(0)) }
        #expect(try relay.read(.exact(1)) == Reading(1, "12345678"))
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(2)) }
        try relay.finish(post)
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(1)) }
        #expect(try relay.read(.exact(3))?.text.utf8.count == 15)
    }

    @Test func aReaderThatTheWindowPassesIsLeftBehind() throws {
        var limits = RelayLimits()
        limits.windowCount = 1
        limits.windowDuration = .zero
        var relay = RelayScenario(limits: limits)
        try relay.publish(0, "zero")
        guard case .segment(let view) = try relay.store.read(relay.name, at: .exact(0)) else {
            Issue.record("no segment")
            return
        }
        relay.store.attach(view.id, on: RelayScenario.lane)
        _ = relay.store.takeWakes()
        try relay.publish(1, "one")
        #expect(relay.store.takeWakes().contains { $0.subject == .segment(view.id) })
        var pieces: [BytesPiece] = []
        #expect(relay.store.pull(view.id, from: 0, on: RelayScenario.lane, into: &pieces) == .leftBehind)
        #expect(pieces.isEmpty)
    }

    @Test func aLaneIsWokenOnceUntilItHasLooked() throws {
        var relay = RelayScenario()
        let post = try relay.post(0)
        try relay.append("a", to: post)
        guard case .segment(let view) = try relay.store.read(relay.name, at: .exact(0)) else {
            Issue.record("no segment")
            return
        }
        relay.store.attach(view.id, on: RelayScenario.lane)
        _ = relay.store.takeWakes()
        try relay.append("b", to: post)
        try relay.append("c", to: post)
        #expect(relay.store.takeWakes().count == 1)
        var pieces: [BytesPiece] = []
        #expect(relay.store.pull(view.id, from: 0, on: RelayScenario.lane, into: &pieces) == .open)
        #expect(pieces == ["a", "b", "c"])
        try relay.append("d", to: post)
        #expect(relay.store.takeWakes().count == 1)
    }

    @Test func aNumberThatWasPassedOverIsWorthWaitingForWhileItsPostIsOpen() throws {
        var relay = RelayScenario()
        try relay.publish(0, "zero")
        try relay.publish(4, "four")
        #expect(throws: RelayRefusal.self) { try relay.read(.exact(2)) }
        let late = try relay.post(2)
        let ticket = try #require(try relay.wait(.exact(2)))
        relay.breakOff(late)
        #expect(throws: RelayRefusal.self) { try relay.retry(ticket) }
    }
}
