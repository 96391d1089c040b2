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
        let lane = RelayLane(
            index: 0, eventLoop: eventLoop, store: SharedStore(limits: .init()), configuration: .init(),
            incarnation: "", logger: Logger(label: "test"))
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
        #expect(links.count { $0.hasBeenTold } <= RelayLane.readersPerTurn + 1)
        eventLoop.advanceTime(by: .seconds(1))
        #expect(links.allSatisfy { $0.hasBeenTold })
    }
}
