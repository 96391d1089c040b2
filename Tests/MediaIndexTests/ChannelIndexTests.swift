import Logging
import MPEGTS
import NIOConcurrencyHelpers
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import MediaIndex

/// What the index of a channel knows.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ChannelIndexTests {
    private let channel = try! ChannelName("cam")

    private func withIndexes(
        window: Int = 5, _ body: (RelayServer, Indexes) async throws -> Void
    ) async throws {
        let start = ContinuousClock.now
        // On a clock that stands, no pause of a busy machine ends an index.
        try await withIndexes(window: window, now: { start }, body)
    }

    private func withIndexes(
        window: Int = 5, now: @escaping @Sendable () -> ContinuousClock.Instant,
        _ body: (RelayServer, Indexes) async throws -> Void
    ) async throws {
        try await withRelayServer { configuration in
            configuration.limits.windowCount = window
            configuration.limits.windowDuration = .zero
            configuration.limits.drainDuration = .seconds(3600)
        } _: { relay in
            try await body(relay, Indexes(relay, now: now))
        }
    }

    private func write(_ bytes: [UInt8], to publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        try segment.write(bytes)
        try segment.finish()
    }

    @Test func whatIsKeptIsKnownToTheFirstWhoAsks() async throws {
        try await withIndexes { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<3 { try write(TestChannel.segment(number), to: publisher) }
            let index = try #require(indexes.index(of: channel))
            let segments = try await index.snapshot().segments
            #expect(segments.map(\.number.value) == [0, 1, 2])
            #expect(segments.map(\.state) == [.complete, .complete, .complete])
            #expect(segments.allSatisfy { $0.duration == MediaTicks.seconds(2) && $0.isPlayable })
            #expect(segments.allSatisfy { !$0.isDiscontinuous })
            #expect(segments.allSatisfy { $0.arrival != nil && $0.programTime != nil })
            #expect(indexes.index(of: channel) === index)
        }
    }

    @Test func aGrowingSegmentsPartsAreThereAsSoonAsTheirPicturesAre() async throws {
        try await withIndexes { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            let segment = try publisher.nextSegment()
            let index = try #require(indexes.index(of: channel))
            try await relay.tells("trickle_subscribers 1")
            let bytes = TestChannel.segment(0)
            // 13 pictures are a part; it is over when the 14th begins.
            let half = TestChannel.offset(ofPicture: 14)
            try segment.write(bytes[..<half])
            try await index.wait(for: .parts(.zero, count: 1))
            let open = try #require(try await index.snapshot().segments.first)
            #expect(open.state == .open)
            #expect(open.parts.map(\.duration) == [MediaTicks(13 * TestChannel.pictureDuration)])
            #expect(open.parts.map(\.byteCount) == [TestChannel.offset(ofPicture: 13)])
            #expect(open.arrival != nil)
            try segment.write(bytes[half...])
            try segment.finish()
            try await index.wait(for: .ended(.zero))
            let whole = try #require(try await index.snapshot().segments.first)
            #expect(whole.state == .complete)
            #expect(whole.parts.count == 4)
            #expect(whole.parts.reduce(0) { $0 + $1.byteCount } == bytes.count)
        }
    }

    @Test func aViewerBeginsAtTheLastRandomAccessPoint() async throws {
        try await withIndexes { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            let index = try #require(indexes.index(of: channel))
            let first = try #require(try await index.lastPlaceToBegin())
            #expect((first.number, first.offset) == (.zero, 0))
            #expect(first.tables.isEmpty)
            async let next: Void = index.wait(for: .placeToBegin(from: first.number.next!))
            try write(TestChannel.segment(1), to: publisher)
            try await next
            #expect(try await index.lastPlaceToBegin()?.number == 1)
        }
    }

    @Test func jumpsOtherStreamsAndMissingNumbersAreDiscontinuities() async throws {
        try await withIndexes(window: 10) { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            let index = try #require(indexes.index(of: channel))
            try write(TestChannel.segment(0), to: publisher)
            try write(TestChannel.segment(1), to: publisher)
            try write(TestChannel.segment(1000), to: publisher)
            try write(TestChannel.segment(1001, hasAudio: false), to: publisher)
            try write(TestChannel.segment(1002, hasAudio: false), to: publisher)
            try publisher.nextSegment().abort()
            try write(TestChannel.segment(1003, hasAudio: false), to: publisher)
            // A number may come late until the one after the next has begun.
            try write(TestChannel.segment(1004, hasAudio: false), to: publisher)
            try await index.wait(for: .ended(7))
            let segments = try await index.snapshot().segments
            #expect(segments.map(\.number.value) == [0, 1, 2, 3, 4, 6, 7])
            #expect(segments.map(\.isDiscontinuous) == [false, false, true, true, false, true, false])
            #expect(segments.map(\.discontinuityCount) == [0, 0, 1, 2, 2, 3, 3])
        }
    }

    @Test func whatTheWindowDropsIsForgotten() async throws {
        try await withIndexes(window: 2) { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            let index = try #require(indexes.index(of: channel))
            for number in 0..<6 {
                try write(TestChannel.segment(number), to: publisher)
                try await index.wait(for: .ended(SequenceNumber(number)!))
            }
            let snapshot = try await index.snapshot()
            #expect(snapshot.segments.map(\.number.value) == [4, 5])
            #expect(snapshot.segments.allSatisfy { !$0.isDiscontinuous })
        }
    }

    @Test func whoeverWaitsForAFormerCountIsToldWhenNumbersBeginAnew() async throws {
        try await withIndexes(window: 2) { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            for number in 0..<5 { try write(TestChannel.segment(number), to: publisher) }
            let index = try #require(indexes.index(of: channel))
            #expect(try await index.snapshot().segments.map(\.number.value) == [3, 4])
            publisher.release(.leave)
            async let part: Void = index.wait(for: .parts(5, count: 1))
            async let place: Void = index.wait(for: .placeToBegin(from: 5))
            try await PlainClient.with(relay) { try await $0.post(TestChannel.segment(100), to: "/cam/0") }
            try await part
            try await place
            try await index.wait(for: .ended(.zero))
            let snapshot = try await index.snapshot()
            #expect(snapshot.segments.map(\.number.value) == [0])
            #expect(snapshot.restartCount == 1)
        }
    }

    /// Where an index that is slow comes to a new count, the first of its segments are there already.
    @Test func nothingOfANewCountIsMissed() async throws {
        try await withIndexes(window: 2) { relay, indexes in
            try await withThrowingTaskGroup { group in
                for round in 0..<40 {
                    group.addTask { try await self.beginAnew("cam\(round)", relay, indexes) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func beginAnew(_ name: String, _ relay: RelayServer, _ indexes: Indexes) async throws {
        let channel = try ChannelName(name)
        let publisher = try relay.publisher(of: channel)
        for number in 0..<5 { try write(TestChannel.segment(number), to: publisher) }
        let broken = try publisher.nextSegment()
        try broken.write(TestChannel.segment(5)[..<TransportPacket.size])
        let index = try #require(indexes.index(of: channel))
        try await index.wait(for: .caughtUp)
        broken.abort()
        publisher.release(.leave)
        try await PlainClient.with(relay) { client in
            for number in 0..<2 { try await client.post(TestChannel.segment(100 + number), to: "/\(name)/\(number)") }
        }
        var snapshot = try await index.snapshot()
        while snapshot.restartCount == 0 || snapshot.segments.last?.number != 1
            || snapshot.segments.last?.state != .complete
        {
            await Task.yield()
            snapshot = try await index.snapshot()
        }
        #expect(snapshot.segments.map(\.number.value) == [0, 1])
    }

    @Test func aSegmentThatIsWrittenAnewIsReadAnew() async throws {
        try await withIndexes { relay, indexes in
            let index = try await brokenSegment(relay, indexes)
            #expect(try await index.snapshot().segments.map(\.state) == [.aborted])
            try await PlainClient.with(relay) { client in
                try await client.post(TestChannel.segment(0), to: "/cam/0")
                try await client.post(TestChannel.segment(1), to: "/cam/1")
            }
            try await index.wait(for: .ended(1))
            try await index.wait(for: .caughtUp)
            var states = try await index.snapshot().segments.map(\.state)
            while states != [.complete, .complete] {
                await Task.yield()
                states = try await index.snapshot().segments.map(\.state)
            }
        }
    }

    private func brokenSegment(_ relay: RelayServer, _ indexes: Indexes) async throws -> ChannelIndex {
        let publisher = try relay.publisher(of: channel)
        let segment = try publisher.nextSegment()
        try segment.write(TestChannel.segment(0)[..<TestChannel.offset(ofPicture: 20)])
        let index = try #require(indexes.index(of: channel))
        try await index.wait(for: .parts(.zero, count: 1))
        segment.abort()
        try await index.wait(for: .ended(.zero))
        return index
    }

    @Test func aClosedChannelIsKnownToBeClosedAndItsSuccessorHasAnIndexOfItsOwn() async throws {
        try await withIndexes { relay, indexes in
            let first = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: first)
            let index = try #require(indexes.index(of: channel))
            first.close()
            try await index.wait(for: .parts(.zero, count: 100))
            try await index.wait(for: .ended(1))
            let snapshot = try await index.snapshot()
            #expect(snapshot.isClosed)
            #expect(snapshot.segments.count == 1)
            #expect(indexes.index(of: channel) === index)
            try write(TestChannel.segment(0), to: try relay.publisher(of: channel))
            let second = try #require(indexes.index(of: channel))
            #expect(second !== index)
            #expect(try await !second.snapshot().isClosed)
        }
    }

    @Test func theEndOfARelayIsNotTheEndOfItsChannels() async throws {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        let relay = try RelayServer.start(configuration: configuration, logger: Logger(label: "test"))
        try write(TestChannel.segment(0), to: try relay.publisher(of: channel))
        let index = try #require(Indexes(relay).index(of: channel))
        _ = try await index.snapshot()
        let waiter = Task { try await index.wait(for: .ended(1)) }
        await relay.shutDown()
        await #expect(throws: TrickleError.self) { try await waiter.value }
        await #expect(throws: TrickleError.self) { try await index.snapshot() }
        #expect(await !index.currentSnapshot().isClosed)
    }

    @Test func anIndexThatNobodyAsksReadsNoMore() async throws {
        let time = NIOLockedValueBox(ContinuousClock.now)
        try await withIndexes(now: { time.withLockedValue { $0 } }) { relay, indexes in
            let publisher = try relay.publisher(of: channel)
            try write(TestChannel.segment(0), to: publisher)
            let index = try #require(indexes.index(of: channel))
            _ = try await index.snapshot()
            time.withLockedValue { $0 += IndexConfiguration().idleTime }
            try await eventually { index.hasEnded }
            try await relay.tells("trickle_subscribers 0")
            // Whoever still holds it does not take it for an empty channel, nor wait for what cannot come.
            await #expect(throws: TrickleError.self) { try await index.snapshot() }
            await #expect(throws: TrickleError.self) { try await index.wait(for: .ended(1)) }
            let another = try #require(indexes.index(of: channel))
            #expect(another !== index)
            #expect(try await another.snapshot().segments.count == 1)
        }
    }

    @Test func whoeverHasWaitedForLongFindsTheIndexStillThere() async throws {
        let time = NIOLockedValueBox(ContinuousClock.now)
        try await withIndexes(now: { time.withLockedValue { $0 } }) { relay, indexes in
            let segment = try relay.publisher(of: channel).nextSegment()
            try segment.write(TestChannel.segment(0))
            let index = try #require(indexes.index(of: channel))
            let waiters = [SequenceNumber.zero, 1].map { number in
                Task { try await index.wait(for: .ended(number)) }
            }
            try await eventually { await index.waitingCount == 2 }
            let endings: [() throws -> Void] = [{ try segment.finish() }, { waiters[1].cancel() }]
            for ending in endings {
                let count = await index.waitingCount
                time.withLockedValue { $0 += IndexConfiguration().idleTime * 2 }
                #expect(!index.hasEnded)
                try ending()
                try await eventually { await index.waitingCount < count }
                #expect(index.lastAskedAt == time.withLockedValue { $0 })
            }
            #expect(try await index.snapshot().segments.count == 1)
        }
    }

    @Test func whoeverWaitsAndGivesUpIsLetGo() async throws {
        try await withIndexes { relay, indexes in
            _ = try relay.publisher(of: channel)
            let index = try #require(indexes.index(of: channel))
            let waiter = Task { try await index.wait(for: .ended(1)) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
    }

    @Test func bytesThatAreNoTransportStreamAreNotPlayable() async throws {
        try await withIndexes { relay, indexes in
            let publisher = try relay.publisher(of: channel, contentType: "text/plain")
            try write(Array("some words".utf8), to: publisher)
            let index = try #require(indexes.index(of: channel))
            let segments = try await index.snapshot().segments
            #expect(segments.map(\.isPlayable) == [false])
            #expect(try await index.lastPlaceToBegin() == nil)
            #expect(indexes.index(of: try ChannelName("nothing")) == nil)
        }
    }
}
