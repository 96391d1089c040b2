import Logging
import MPEGTS
import NIOConcurrencyHelpers
import NIOCore
import Testing
import TrickleRelay
import TrickleTesting

@testable import MediaIndex
@testable import TrickleCore

/// When a channel's segments came, and when they are to be seen.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct MediaTimelineTests {
    private let channel = try! ChannelName("cam")
    private static let picture: Int64 = 3600

    /// A segment of 0.4 s: ten pictures.
    private static func segment(_ number: Int, begins: TestPicture.H264 = .idr) -> TSBuilder {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<10 {
            let pts = Int64(number * 10 + index) * picture
            stream.pes(TestPicture.h264(index == 0 ? begins : .ordinary), pts: pts)
        }
        return stream
    }

    private func write(_ bytes: [UInt8], to publisher: LocalPublisher) throws {
        let segment = try publisher.nextSegment()
        try segment.write(bytes)
        try segment.finish()
    }

    private func withTimelines(
        window: Int = 5, _ body: (RelayServer, Indexes, LocalPublisher) async throws -> Void
    ) async throws {
        let start = ContinuousClock.now
        try await withRelayServer { configuration in
            configuration.limits.windowCount = window
            configuration.limits.windowDuration = .zero
        } _: { relay in
            try await body(relay, Indexes(relay, now: { start }), relay.publisher(of: channel))
        }
    }

    @Test func `each segment is known by its first packets though nobody asks`() async throws {
        try await withTimelines { relay, indexes, publisher in
            let before = WallTime.now
            try write(Self.segment(0).bytes, to: publisher)
            try write(Self.segment(1, begins: .ordinary).bytes, to: publisher)
            try write(Array("{\"text\":1}\n".utf8), to: relay.publisher(of: try ChannelName("text")))
            try await eventually { indexes.timelines.channelCount == 2 }
            try await relay.tells("trickle_subscribers 0")
            let entries = try #require(indexes.timelines.timeline(of: channel)).entries
            #expect(entries.map(\.number.value) == [0, 1])
            #expect(entries.map { $0.presentation?.ticks } == [0, 10 * Self.picture])
            #expect(entries.map(\.isIndependent) == [true, false])
            #expect(entries.allSatisfy { $0.program?.streams.map(\.codec) == [.h264] })
            let arrivals = entries.map(\.arrival.microseconds)
            #expect(before.microseconds - 1000 <= arrivals[0] && arrivals[1] <= WallTime.now.microseconds)
            #expect(indexes.timelines.timeline(of: try ChannelName("text"))?.entries.isEmpty == true)
            #expect(indexes.timelines.timeline(of: try ChannelName("nobody")) == nil)
        }
    }

    @Test func `a segment that comes packet by packet is known as soon as its picture is`() async throws {
        try await withTimelines { relay, indexes, publisher in
            let writer = try publisher.nextSegment()
            var known: [Bool?] = []
            for packet in Self.segment(0).packets.prefix(6) {
                try writer.write(packet)
                indexes.timelines.look()
                let id = try #require(relay.segment(.zero, of: channel)).id
                known.append(indexes.timelines.entry(of: id, .zero, in: channel)?.isIndependent)
            }
            #expect(known.prefix(2) == [nil, nil] && known.last == true)
            // The segment of a publisher that dies in its beginning has what it has.
            try writer.finish()
            let dying = try publisher.nextSegment()
            try dying.write(Self.segment(1).packets[0])
            let entries = try #require(indexes.timelines.timeline(of: channel)).entries
            #expect(entries.map(\.timestamp?.ticks) == [0])
        }
    }

    @Test func `a viewer who comes late sees the same dates as an early one`() async throws {
        try await withTimelines(window: 3) { relay, indexes, publisher in
            let early = try #require(indexes.index(of: channel))
            var first: [SequenceNumber: WallTime?] = [:]
            for number in 0..<6 {
                try write(Self.segment(number).bytes, to: publisher)
                try await early.wait(for: .ended(SequenceNumber(number)!))
                for segment in try await early.snapshot().segments where first[segment.number] == nil {
                    first[segment.number] = segment.programTime
                }
            }
            let id = try #require(relay.window(of: channel)).channel
            let late = ChannelIndex(
                relay, channel: channel, id: id, timelines: indexes.timelines, configuration: IndexConfiguration())
            let running = Task { await late.run() }
            let segments = try await late.snapshot().segments
            #expect(segments.map(\.number.value) == [3, 4, 5])
            for segment in segments {
                #expect(segment.programTime != nil && segment.programTime == first[segment.number])
            }
            running.cancel()
            await running.value
        }
    }

    @Test func `numbers that begin anew, and segments that are written anew, are looked at anew`() async throws {
        try await withTimelines { relay, indexes, publisher in
            for number in 0..<2 { try write(Self.segment(number).bytes, to: publisher) }
            let aborted = try publisher.nextSegment()
            try aborted.write(Self.segment(2).bytes)
            aborted.abort()
            indexes.timelines.look()
            #expect(indexes.timelines.timeline(of: channel)?.entries.map(\.timestamp?.ticks) == [0, 36_000, 72_000])
            publisher.release(.leave)
            try await PlainClient.with(relay) { try await $0.post(Self.segment(7).bytes, to: "/cam/2") }
            #expect(indexes.timelines.timeline(of: channel)?.entries.map(\.timestamp?.ticks) == [0, 36_000, 252_000])
            try await PlainClient.with(relay) { try await $0.post(Self.segment(9).bytes, to: "/cam/0") }
            #expect(indexes.timelines.timeline(of: channel)?.entries.map(\.timestamp?.ticks) == [324_000])
        }
    }

    @Test func `what it keeps is charged, no longer than the relay keeps the segments`() async throws {
        try await withTimelines(window: 3) { relay, indexes, publisher in
            let charged = { () async throws -> Int in
                let line = await relay.metrics().split(separator: "\n").first { $0.hasPrefix("trickle_memory_bytes ") }
                return try #require(line.flatMap { Int($0.split(separator: " ")[1]) })
            }
            for number in 0..<3 { try write(Self.segment(number).bytes, to: publisher) }
            indexes.timelines.look()
            let full = try await charged()
            for number in 3..<40 {
                try write(Self.segment(number).bytes, to: publisher)
                indexes.timelines.look()
            }
            // What the last scan takes is not always the same, and a look that is under way may still hold what the relay has dropped.
            try await eventually { try await charged() < full + 8 * TimelineEntry.byteCount }
            #expect(indexes.timelines.timeline(of: channel)?.entries.count == 3)
        }
    }
}

/// The dates of segments, by the media's clock and their arrival.
@Suite struct TimelineDateTests {
    private func entry(_ number: Int, at milliseconds: Int64, ticks: Int64?) -> TimelineEntry {
        var entry = TimelineEntry(
            SequenceNumber(number)!, SegmentID(value: number), arrival: WallTime(microseconds: milliseconds * 1000))
        entry.timestamp = ticks.map { Timestamp(ticks: $0) }
        return entry
    }

    private func dates(_ entries: [TimelineEntry]) -> [Int64] {
        var timeline = MediaTimeline()
        for entry in entries { _ = timeline.insert(entry) }
        return timeline.entries.map { $0.date.microseconds / 1000 }
    }

    @Test func `the media's clock counts as long as it is within a second of the arrival`() {
        #expect(
            dates([
                entry(0, at: 5000, ticks: 0), entry(1, at: 7300, ticks: 180_000), entry(2, at: 8900, ticks: 360_000),
                entry(3, at: 20_000, ticks: 540_000), entry(4, at: 22_100, ticks: 720_000),
            ]) == [5000, 7000, 9000, 20_000, 22_000])
    }

    @Test func `a jump of the time stamps begins anew with the arrival, their wrap does not`() {
        let wrap = Int64(1) << 33
        #expect(
            dates([
                entry(0, at: 5000, ticks: wrap - 90_000), entry(1, at: 7100, ticks: 90_000),
                entry(2, at: 9100, ticks: 9_000_000), entry(3, at: 11_200, ticks: 9_180_000),
            ]) == [5000, 7000, 9100, 11_100])
    }

    @Test func `what has no time stamp has its arrival, and those behind go on from before it`() {
        #expect(
            dates([
                entry(0, at: 5000, ticks: 0), entry(1, at: 7100, ticks: nil), entry(2, at: 9100, ticks: 360_000),
            ]) == [5000, 7100, 9000])
    }

    @Test func `one that comes late goes to its place, and changes no other`() {
        #expect(
            dates([
                entry(0, at: 5000, ticks: 0), entry(2, at: 9100, ticks: 360_000), entry(1, at: 9300, ticks: 180_000),
                entry(3, at: 11_100, ticks: 540_000),
            ]) == [5000, 9300, 9000, 11_000])
    }

    @Test func `the newest are kept`() {
        var timeline = MediaTimeline()
        let count = MediaTimeline.maximumCount
        var gone = 0
        for number in 0..<count + 10 { gone += timeline.insert(entry(number, at: 0, ticks: nil)).count }
        #expect(timeline.entries.count == count && gone == 10)
        #expect(timeline.entries.first?.number == 10 && timeline.newest?.number.value == count + 9)
        #expect(timeline.entry(of: SegmentID(value: 9), 9) == nil)
        #expect(timeline.entry(of: SegmentID(value: 500), 500)?.number == 500)
        #expect(timeline.entry(of: SegmentID(value: 501), 500) == nil)
    }
}
