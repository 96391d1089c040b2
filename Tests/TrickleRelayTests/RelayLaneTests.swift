import Logging
import NIOEmbedded
import Testing
import TrickleCore

@testable import TrickleRelay

@Suite struct RelayLaneTests {
    /// Waits for a segment, and ends the first of the next channel when it comes.
    private final class Link: LaneReader {
        var place = 0
        let sentByteCount = 0
        let lag = 0
        private let lane: RelayLane
        private let next: ChannelName?
        private(set) var hasBeenTold = false

        init(_ lane: RelayLane, next: ChannelName?) {
            self.lane = lane
            self.next = next
        }

        func waitingEnded(_ outcome: WaitingOutcome) {
            hasBeenTold = true
            guard let next else { return }
            try? lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                try store.endSegment(next, at: .exact(0), now: now)
            }
        }

        func segmentMoved() {}
    }

    @Test func aChainOfReadersWhoWakeEachOtherIsToldToItsEnd() throws {
        let eventLoop = EmbeddedEventLoop()
        let lane = RelayLane.alone(on: eventLoop)
        let names = try (0..<9000).map { try ChannelName("cam\($0)") }
        let links = try names.indices.map { index in
            try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                try store.createChannel(names[index], contentType: nil, now: now)
            }
            let link = Link(lane, next: index + 1 < names.count ? names[index + 1] : nil)
            _ = try lane.join(link, names[index], at: .exact(0))
            return link
        }
        try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
            try store.endSegment(names[0], at: .exact(0), now: now)
        }
        #expect(links.count { $0.hasBeenTold } <= TurnBudget.readerCount + 1)
        eventLoop.advanceTime(by: .seconds(1))
        #expect(links.allSatisfy { $0.hasBeenTold })
    }

    /// Reads whole packets of a transport stream.
    private final class PacketReader: LaneReader {
        var place = 0
        let sentByteCount = 0
        let lag = 0
        let unit: Int? = 188
        private(set) var segment: LaneSegment?

        init(_ lane: RelayLane, _ name: ChannelName) throws {
            if case .segment(let segment, _) = try lane.join(self, name, at: .exact(0)) { self.segment = segment }
        }

        func waitingEnded(_ outcome: WaitingOutcome) {
            if case .segment(let segment) = outcome { self.segment = segment }
        }

        func segmentMoved() {}
    }

    @Test func copiesInWholePacketsCountAsMemoryForAsLongAsSomebodyReadsThem() throws {
        var limits = RelayLimits()
        limits.windowDuration = .zero
        let lane = RelayLane(
            index: 0, eventLoop: EmbeddedEventLoop(), store: SharedStore(limits: limits), configuration: .init(),
            incarnation: "", logger: Logger(label: "test"))
        lane.store.setLanes([lane])
        let name = try ChannelName("cam")
        func cost() -> Int { lane.store.perform(on: nil) { store, _ in store.cost } }
        func change<Result>(_ body: (inout SharedStore.Store, Duration) throws(RelayRefusal) -> Result) throws -> Result
        {
            try lane.store.perform(on: lane, body)
        }
        try change { store, now throws(RelayRefusal) in try store.createChannel(name, contentType: nil, now: now) }
        let waiting = try PacketReader(lane, name)
        let publication = try change { store, now throws(RelayRefusal) in
            try store.openPublication(in: name, PublishRequest(.exact(0)), on: lane.id, now: now)
        }
        // Each has the end of one packet and the beginning of another, and is too large to be joined with others.
        let payload = [UInt8](repeating: 7, count: 100_000)
        let pieceCount = 20
        for _ in 0..<pieceCount {
            try change { store, now throws(RelayRefusal) in
                _ = try store.append(EncodedPiece(payload: payload), to: publication, now: now)
            }
        }
        let withCopies = cost()
        let late = try PacketReader(lane, name)
        // All readers on a lane share its copies.
        #expect(cost() == withCopies)
        lane.stopReading(waiting, of: try #require(waiting.segment))
        #expect(cost() == withCopies)
        lane.stopReading(late, of: try #require(late.segment))
        let withoutCopies = cost()
        #expect(withCopies - withoutCopies > (pieceCount - 1) * payload.count)
        let again = try PacketReader(lane, name)
        #expect(cost() == withCopies)

        // A segment that was given up costs nothing, and nothing is taken from the rest when its reader leaves.
        try change { store, now throws(RelayRefusal) in
            try store.endSegment(name, at: .exact(0), now: now)
            for _ in 0..<limits.windowCount { try store.endSegment(name, at: .next, now: now) }
        }
        let rest = cost()
        #expect(rest < withoutCopies - pieceCount * payload.count)
        lane.stopReading(again, of: try #require(again.segment))
        #expect(cost() == rest)
    }
}
