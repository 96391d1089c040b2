import MPEGTS
import Testing
import TrickleTesting

@testable import MediaIndex

/// How a segment is cut into parts.
@Suite struct PartCutterTests {
    /// The parts of a segment whose pictures last so many ticks each, with 1,880 bytes for each picture.
    private func parts(of durations: [Int64], target: MediaTicks, unitDuration: MediaTicks? = nil) -> [SegmentPart] {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        var pts: Int64 = 0
        for (index, duration) in durations.enumerated() {
            stream.pes(TestPicture.h264(index == 0 ? .idr : .ordinary), pts: pts)
            pts += duration
        }
        var scan = SegmentScan()
        scan.receive(stream.bytes.span.bytes)
        scan.finish()
        var cutter = PartCutter(target: target)
        var parts: [SegmentPart] = []
        for unit in scan.takeUnits() {
            if let part = cutter.receive(unit, unitDuration: unitDuration) { parts.append(part) }
        }
        parts += cutter.finish(duration: MediaTicks(pts), byteCount: stream.bytes.count)
        #expect(parts.first?.offset == 0)
        for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.offset + part.byteCount == next.offset) }
        #expect(parts.last.map { $0.offset + $0.byteCount } == stream.bytes.count)
        #expect(parts.allSatisfy { $0.offset % 188 == 0 })
        #expect(parts.reduce(0) { $0 + $1.duration } == MediaTicks(pts))
        return parts
    }

    @Test func partsOfEvenPicturesHaveTheTargetDurationButForTheLast() {
        let parts = parts(of: Array(repeating: 3600, count: 50), target: 13 * 3600, unitDuration: 3600)
        let expected: [MediaTicks] = [46_800, 46_800, 46_800, 39_600]
        #expect(parts.map(\.duration) == expected)
        #expect(parts.map(\.isIndependent) == [true, false, false, false])
    }

    @Test func partsOfUnevenPicturesDoNotGoBeyondTheTarget() {
        var random = SeededNumbers(seed: 7)
        for _ in 0..<50 {
            let durations = (0..<60).map { _ in Int64.random(in: 900...9000, using: &random) }
            let parts = parts(of: durations, target: 45_000, unitDuration: 4500)
            #expect(parts.allSatisfy { $0.duration <= 45_000 })
            // No shorter than a picture more would have allowed.
            #expect(parts.dropLast(2).allSatisfy { $0.duration > 36_000 || $0.duration * 100 >= 3_825_000 })
        }
    }

    @Test func aPictureThatLastsLongerThanTheTargetIsAPartOfItsOwn() {
        let durations: [Int64] = [3600, 90_000, 3600, 3600]
        #expect(parts(of: durations, target: 45_000).map(\.duration) == [3600, 90_000, 7200])
    }

    @Test func theTargetIsAWholeNumberOfPictures() {
        #expect(PartCutter.target(near: 45_000, unitDuration: 3600, isRegular: true) == MediaTicks(13 * 3600))
        #expect(PartCutter.target(near: 45_000, unitDuration: 3003, isRegular: true) == MediaTicks(15 * 3003))
        #expect(PartCutter.target(near: 45_000, unitDuration: 180_000, isRegular: true) == MediaTicks(180_000))
    }
}
