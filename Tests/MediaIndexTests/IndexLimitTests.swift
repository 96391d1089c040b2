import NIOConcurrencyHelpers
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import MediaIndex

/// What the gateway knows of channels is limited, and who has gone waits for nothing.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct IndexLimitTests {
    private let names = try! ["a", "b", "c"].map { try ChannelName($0) }

    private func isNoRoom(_ found: Indexes.Found) -> Bool { if case .noRoom = found { true } else { false } }

    @Test func theIndexThatNobodyAsksForMakesRoomForAnother() async throws {
        try await withRelayServer { relay in
            for name in names { _ = try relay.publisher(of: name) }
            let time = NIOLockedValueBox(ContinuousClock.now)
            var configuration = IndexConfiguration()
            configuration.maximumCount = 2
            let indexes = Indexes(relay, configuration: configuration, now: { time.withLockedValue { $0 } })
            let first = try #require(indexes.index(of: names[0]))
            let second = try #require(indexes.index(of: names[1]))
            #expect(isNoRoom(indexes.find(names[2])))
            #expect(Set(indexes.channels) == Set(names[..<2]))
            let waiter = Task { try await first.wait(for: .parts(.zero, count: 1)) }
            try await eventually { await first.waitingCount == 1 }
            time.withLockedValue { $0 += Indexes.minimumIdleTime }
            second.touch()
            #expect(indexes.index(of: names[2]) != nil)
            #expect(Set(indexes.channels) == Set(names[1...]))
            // Who waits for it is told.
            await #expect(throws: TrickleError.self) { try await waiter.value }
            #expect(first.hasEnded)
        }
    }

    @Test func whoHasGoneWaitsForNothing() async throws {
        try await withRelayServer { relay in
            _ = try relay.publisher(of: names[0])
            let index = try #require(Indexes(relay).index(of: names[0]))
            let waiters = (0..<100).map { count in
                Task { try await index.wait(for: .parts(.zero, count: 1 + count % 2)) }
            }
            try await eventually { await index.waitingCount == 100 }
            for waiter in waiters { waiter.cancel() }
            try await eventually { await index.waitingCount == 0 }
        }
    }

    @Test func ofAChannelWithManySegmentsTheNewestAreRead() async throws {
        try await withRelayServer { configuration in
            configuration.limits.windowCount = 5000
        } _: { relay in
            let publisher = try relay.publisher(of: names[0])
            for _ in 0..<3000 { try publisher.nextSegment().finish() }
            let index = try #require(Indexes(relay).index(of: names[0]))
            let segments = try await index.snapshot().segments
            #expect(segments.count <= IndexedSegments.maximumCount)
            #expect(segments.last?.number == 2999)
            #expect(segments.first?.number.value ?? 0 >= 3000 - IndexedSegments.maximumCount)
            let lowest = relay.window(of: names[0])?.lowest
            #expect(lowest == .zero)
            #expect(relay.segments(of: names[0], from: 100, atMost: 3).map(\.number) == [100, 101, 102])
            #expect(relay.segment(3000, of: names[0]) == nil)
        }
    }
}
