import MPEGTS
import Testing
import TrickleTesting

@testable import Endings
@testable import LiveHooks

/// Where a push begins.
@Suite struct PushBeginningTests {
    private enum Kind {
        case video, audio

        var stream: TSBuilder.Stream { self == .video ? .init(0x1B, 0x100) : .init(0x0F, 0x101) }
    }

    /// A segment that lists `kinds` and has something of those that come.
    private func segment(_ kinds: [Kind], coming: [Kind], at time: Int64 = 0) -> [UInt8] {
        var builder = TSBuilder()
        builder.pat()
        builder.pmt(kinds.map(\.stream))
        for unit in 0..<3 as Range<Int64> {
            let pts = time + 3600 * unit
            if coming.contains(.video) {
                builder.pes(
                    TestPicture.h264(unit == 0 ? .idr : .ordinary), pts: pts, marks: .init(pcr: pts * 300))
            }
            if coming.contains(.audio) {
                builder.pes(TestPicture.noise(100), pid: 0x101, streamID: 0xC0, pts: pts, isBounded: true)
            }
        }
        return builder.bytes
    }

    @Test func soundAloneIsPassedOverWherePicturesAreListed() throws {
        var beginning = PushBeginning()
        beginning.beginSegment()
        let sound = segment([.video, .audio], coming: [.audio])
        let early = try beginning.receive(sound, now: .zero)
        #expect(early == nil)
        beginning.beginSegment()
        let whole = segment([.video, .audio], coming: [.video, .audio], at: 180_000)
        // Whatever the cuts, it begins with the segment's first byte.
        let middle = 188 * 3
        let middleOnly = try beginning.receive(Array(whole[..<middle]), now: .seconds(2))
        #expect(middleOnly == nil)
        let found = try beginning.receive(Array(whole[middle...]), now: .seconds(2))
        let start = try #require(found)
        #expect(start.bytes == whole)
        #expect(start.absent.isEmpty)
        #expect(start.codecs == ["H.264", "AAC"])
    }

    @Test func aChannelThatListsOnlySoundIsPushedAtOnce() throws {
        var beginning = PushBeginning()
        beginning.beginSegment()
        let sound = segment([.audio], coming: [.audio])
        let found = try beginning.receive(sound, now: .zero)
        let start = try #require(found)
        #expect(start.bytes == sound)
        #expect(start.codecs == ["AAC"])
    }

    @Test func whatDoesNotComeInFiveSegmentsIsLeftOut() throws {
        var beginning = PushBeginning()
        let sound = segment([.video, .audio], coming: [.audio])
        for _ in 0..<5 {
            beginning.beginSegment()
            let early = try beginning.receive(sound, now: .zero)
            #expect(early == nil)
        }
        beginning.beginSegment()
        let found = try beginning.receive(sound, now: .zero)
        let start = try #require(found)
        #expect(start.bytes == sound)
        #expect(start.absent == [0x100])
        #expect(start.codecs == ["AAC"])
    }

    @Test func whatDoesNotComeInTenSecondsIsLeftOut() throws {
        var beginning = PushBeginning()
        beginning.beginSegment()
        let pictures = segment([.video, .audio], coming: [.video])
        let early = try beginning.receive(pictures, now: .seconds(5))
        #expect(early == nil)
        let more = segment([.video, .audio], coming: [.video], at: 10_800)
        let found = try beginning.receive(more, now: .seconds(15))
        let start = try #require(found)
        #expect(start.bytes == pictures + more)
        #expect(start.absent == [0x101])
    }

    @Test func whatIsNoTransportStreamIsRefused() {
        var beginning = PushBeginning()
        beginning.beginSegment()
        #expect(throws: ToolFailure.self) {
            _ = try beginning.receive(TestPicture.noise(300 << 10), now: .zero)
        }
    }
}
