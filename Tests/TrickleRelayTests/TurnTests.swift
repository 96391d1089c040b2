import Logging
import NIOCore
import NIOEmbedded
import Testing
import TrickleCore

@testable import TrickleRelay

/// Many readers are told something in many turns of the event loop, and none of them misses any.
@Suite struct TurnTests {
    /// Reads one segment to its end.
    private final class Reader: LaneReader {
        var place = 0
        let sentByteCount = 0
        let lag = 0
        /// Called when it is told what its waiting came to.
        var whenTold: () -> Void = {}
        private(set) var toldCount = 0
        private(set) var moveCount = 0
        private(set) var text = ""
        private(set) var hasEnded = false
        private let lane: RelayLane
        private var waiting: ReadTicket?
        private var segment: LaneSegment?
        private var cursor = SegmentCursor(in: [])

        init(_ lane: RelayLane, _ name: ChannelName) throws {
            self.lane = lane
            switch try lane.join(self, name, at: .exact(0)) {
            case .segment(let segment, _): self.segment = segment
            case .waiting(let ticket, _): waiting = ticket
            case .closed: hasEnded = true
            }
        }

        func waitingEnded(_ outcome: WaitingOutcome) {
            waiting = nil
            toldCount += 1
            whenTold()
            guard case .segment(let segment) = outcome else { return hasEnded = true }
            self.segment = segment
            read()
        }

        func segmentMoved() {
            moveCount += 1
            read()
        }

        private func read() {
            guard let segment else { return }
            while let bytes = cursor.nextPayload(in: segment.pieces) { text += String(buffer: bytes) }
            guard segment.progress == .complete else { return }
            hasEnded = true
            leave()
        }

        func leave() {
            if let waiting { lane.stopWaiting(self, for: waiting) }
            if let segment { lane.stopReading(self, of: segment) }
            waiting = nil
            segment = nil
        }
    }

    /// How many readers are told in a turn, and how many of those who have waited.
    private static let share = TurnBudget.readerCount
    private static let waitingShare = TurnBudget.waitingReaderCount
    /// What takes four turns, the last of which is not full.
    private static let manyReaders = 4 * share - 24

    private let eventLoop = EmbeddedEventLoop()
    private let lane: RelayLane
    private let name: ChannelName

    init() throws {
        lane = .alone(on: eventLoop)
        name = try ChannelName("cam")
        try change { store, now throws(RelayRefusal) in
            try store.createChannel(self.name, contentType: nil, now: now)
        }
    }

    private func change(_ body: (inout SharedStore.Store, Duration) throws(RelayRefusal) -> Void) throws {
        try lane.store.perform(on: lane, body)
    }

    private func open() throws -> PublicationID {
        try lane.store.perform(on: nil) { store, now throws(RelayRefusal) in
            try store.openPublication(in: self.name, PublishRequest(.exact(0)), on: self.lane.id, now: now)
        }
    }

    private func append(_ text: String, to publication: PublicationID) throws {
        try change { store, now throws(RelayRefusal) in
            _ = try store.append(EncodedPiece(payload: Array(text.utf8)), to: publication, now: now)
        }
    }

    private func readerCount() -> Int { lane.store.perform(on: nil) { store, _ in store.readerCount } }

    /// One turn of the event loop.
    private func turn() { eventLoop.advanceTime(by: TurnQueue.distance) }

    private func runToTheEnd() { eventLoop.advanceTime(by: .seconds(1)) }

    @Test func manyReadersWhoWaitAreToldInTurns() throws {
        let readers = try (0..<4 * Self.waitingShare - 24).map { _ in try Reader(lane, name) }
        func told() -> Int { readers.reduce(0) { $0 + $1.toldCount } }
        let publication = try open()
        try append("a", to: publication)
        var counts = [told()]
        for _ in 0..<4 {
            turn()
            counts.append(told())
        }
        let share = Self.waitingShare
        #expect(counts == [share, 2 * share, 3 * share, readers.count, readers.count])
        #expect(readers.allSatisfy { $0.toldCount == 1 && $0.text == "a" })
    }

    @Test func whatComesWhileReadersAreToldReachesEachOfThemOnceAndInOrder() throws {
        let readers = try (0..<Self.manyReaders).map { _ in try Reader(lane, name) }
        let publication = try open()
        let letters = "abcdefghijklmnopqrstuvwxyz"
        for letter in letters {
            try append(String(letter), to: publication)
            turn()
        }
        try change { store, now throws(RelayRefusal) in _ = try store.finish(publication, now: now) }
        runToTheEnd()
        #expect(readers.allSatisfy { $0.text == letters && $0.hasEnded })
        #expect(readerCount() == 0)
    }

    @Test func aPieceMovesManyReadersInTurns() throws {
        let publication = try open()
        try append("a", to: publication)
        let readers = try (0..<Self.manyReaders).map { _ in try Reader(lane, name) }
        func moved() -> Int { readers.reduce(0) { $0 + $1.moveCount } }
        let before = moved()
        try append("b", to: publication)
        var counts = [moved() - before]
        for _ in 0..<4 {
            turn()
            counts.append(moved() - before)
        }
        #expect(counts == [Self.share, 2 * Self.share, 3 * Self.share, Self.manyReaders, Self.manyReaders])
        #expect(readers.allSatisfy { $0.text == "ab" })
    }

    @Test func readersWhoLeaveBeforeTheyAreToldAreNotTold() throws {
        let readers = try (0..<Self.manyReaders).map { _ in try Reader(lane, name) }
        let publication = try open()
        try append("a", to: publication)
        let late = readers.filter { $0.toldCount == 0 }
        for reader in late { reader.leave() }
        runToTheEnd()
        #expect(late.count == Self.manyReaders - Self.waitingShare)
        #expect(late.allSatisfy { $0.toldCount == 0 })
        #expect(readerCount() == Self.waitingShare)
    }

    @Test func aSegmentStaysUntilTheLastWhoWaitedHasIt() throws {
        let readers = try (0..<Self.manyReaders).map { _ in try Reader(lane, name) }
        // Each has all of an empty segment as soon as it is told, and leaves: at the end of each turn nobody reads it.
        try change { store, now throws(RelayRefusal) in try store.endSegment(self.name, at: .exact(0), now: now) }
        #expect(lane.segments.count == 1)
        runToTheEnd()
        #expect(readers.allSatisfy { $0.toldCount == 1 && $0.hasEnded })
        #expect(lane.segments.isEmpty)
        #expect(lane.rounds.isEmpty)
        #expect(readerCount() == 0)
    }

    @Test func aClosedChannelsReadersAreToldInTurnsAndCountedOutOnce() throws {
        // In the first turn some of those go who had their turn later.
        let half = Self.waitingShare + 44
        let readers = try (0..<2 * half).map { _ in try Reader(lane, name) }
        for (index, reader) in readers.enumerated() where index < half {
            // A neighbour that goes at the same time.
            reader.whenTold = { readers[index + half].leave() }
        }
        try change { store, now throws(RelayRefusal) in try store.closeChannel(self.name, now: now) }
        #expect(readers.reduce(0) { $0 + $1.toldCount } == Self.waitingShare)
        runToTheEnd()
        #expect(readers[..<half].allSatisfy { $0.hasEnded })
        #expect(readerCount() == 0)
    }

    @Test func readersOfAnotherChannelDoNotWaitForTheMany() throws {
        _ = try (0..<Self.manyReaders).map { _ in try Reader(lane, name) }
        let other = try ChannelName("other")
        try change { store, now throws(RelayRefusal) in try store.createChannel(other, contentType: nil, now: now) }
        let reader = try Reader(lane, other)
        let publication = try open()
        try append("a", to: publication)
        try change { store, now throws(RelayRefusal) in try store.endSegment(other, at: .exact(0), now: now) }
        #expect(reader.toldCount == 1)
    }
}
