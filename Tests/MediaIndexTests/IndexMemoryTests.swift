import MPEGTS
import NIOConcurrencyHelpers
import Testing
import TrickleRelay
import TrickleTesting

@testable import MediaIndex
@testable import TrickleCore

/// What an index keeps of segments counts as theirs, and goes with them.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct IndexMemoryTests {
    private let channel = try! ChannelName("cam")

    /// Segments of one unit of sound, the first with the tables and two units more.
    private func tinySegments(_ count: Int) -> [[UInt8]] {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x0F, 0x100)], padding: 900)
        return (0..<count).map { number in
            for unit in 0..<(number == 0 ? 3 : 1) {
                let time = Int64(number + (number == 0 ? unit : 2)) * 1920
                stream.pes(TestPicture.audio(0xFFF1, size: 100), streamID: 0xC0, pts: time)
            }
            defer { stream.bytes = [] }
            return stream.bytes
        }
    }

    private func publish(_ segments: [[UInt8]], on relay: RelayServer) throws {
        let publisher = try relay.publisher(of: channel)
        for bytes in segments {
            let segment = try publisher.nextSegment()
            try segment.write(bytes)
            try segment.finish()
        }
    }

    private func memory(of relay: RelayServer) async throws -> Int {
        let name = "\ntrickle_memory_bytes "
        let page = await relay.metrics()
        let start = try #require(page.range(of: name)).upperBound
        return try #require(Int(page[start...].prefix { $0 != "\n" }))
    }

    @Test func theWindowGivesWayToWhatTheIndexKeeps() async throws {
        try await withRelayServer { configuration in
            configuration.limits.windowCount = 5000
            configuration.limits.memoryByteCount = 3 << 20
        } _: { relay in
            try publish(tinySegments(1000), on: relay)
            #expect(relay.window(of: channel)?.lowest == .zero)
            let index = try #require(Indexes(relay).index(of: channel))
            let segments = try await index.snapshot().segments
            #expect(segments.reduce(0) { $0 + $1.storageByteCount } < 3 << 20)
            #expect(segments.last?.number == 999)
            let lowest = try #require(relay.window(of: channel)?.lowest)
            #expect(lowest > .zero && lowest < 999)
            #expect(try await memory(of: relay) <= 3 << 20)
        }
    }

    @Test func theMemoryIsGivenBackWhenNobodyAsksAnyMore() async throws {
        try await withRelayServer {
            $0.limits.windowCount = 5000
        } _: { relay in
            try publish(tinySegments(100), on: relay)
            let time = NIOLockedValueBox(ContinuousClock.now)
            let indexes = Indexes(relay, now: { time.withLockedValue { $0 } })
            // The timeline stays.
            indexes.timelines.look()
            let before = try await memory(of: relay)
            let kept = try #require(indexes.index(of: channel))
            let segments = try await kept.snapshot().segments
            #expect(segments.count == 100)
            #expect(try await memory(of: relay) - before >= segments.reduce(0) { $0 + $1.storageByteCount })
            time.withLockedValue { $0 += IndexConfiguration().idleTime }
            try await eventually { indexes.channels.isEmpty }
            #expect(await kept.currentSnapshot().segments.isEmpty)
            #expect(try await memory(of: relay) == before)
        }
    }

    @Test func whatTheRelayDropsIsForgottenThoughNobodyAsks() async throws {
        try await withRelayServer { configuration in
            configuration.limits.windowCount = 5000
            configuration.limits.memoryByteCount = 4 << 20
        } _: { relay in
            try publish(tinySegments(100), on: relay)
            let index = try #require(Indexes(relay).index(of: channel))
            #expect(try await index.snapshot().segments.count == 100)
            let other = try relay.publisher(of: try ChannelName("other")).nextSegment()
            try other.write([UInt8](repeating: 0, count: 3900 << 10))
            try await eventually { await index.knownCount < 100 }
        }
    }

    @Test(arguments: 0..<20) func whatIsChargedIsWhatIsKept(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed))
        let segments = tinySegments(10)
        var reading = SegmentReading(wantedPartDuration: 45_000)
        var charged: [SegmentID: Int] = [:]
        var lastID = 0
        func take() {
            for (id, change) in reading.takeCharges() {
                charged[id, default: 0] += change
                if charged[id] == 0 { charged[id] = nil }
            }
        }
        for _ in 0..<300 {
            let number = Int.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: reading.restart()
            case 1...4:
                let low = SequenceNumber(number / 2)!
                _ = reading.keep(
                    ChannelWindow(
                        channel: ChannelID(value: 1), lowest: low, next: SequenceNumber(number)!, isClosed: false,
                        lateCount: 0, restartCount: 0))
            default:
                lastID += 1
                reading.begin(SequenceNumber(number)!, id: SegmentID(value: lastID))
                let bytes = segments.randomElement(using: &generator)!
                reading.receive(bytes.span.bytes, now: .zero)
                reading.end(Bool.random(using: &generator) ? .complete : .aborted)
            }
            take()
            #expect(Set(charged.keys) == Set(reading.segments.compactMap(\.id)))
            for segment in reading.segments { #expect(charged[segment.id!] ?? 0 >= segment.storageByteCount) }
        }
        reading.restart()
        take()
        #expect(charged.isEmpty)
    }
}
