import MPEGTS
import Testing
import TrickleTesting

/// Scans a segment in many ways; records an issue unless all give the same.
@discardableResult
private func scan(
    _ bytes: [UInt8], after previous: SegmentScan? = nil, sourceLocation: SourceLocation = #_sourceLocation
) -> (scan: SegmentScan, units: [SegmentContents.Unit]) {
    func scan(_ sizes: [Int]) -> (SegmentScan, [SegmentContents.Unit]) {
        var scan = SegmentScan(after: previous)
        var units: [SegmentContents.Unit] = []
        var offset = 0
        var index = 0
        while offset < bytes.count {
            let end = min(offset + sizes[index % sizes.count], bytes.count)
            scan.receive(bytes.span.bytes.extracting(offset..<end))
            units += scan.takeUnits()
            offset = end
            index += 1
        }
        scan.finish()
        return (scan, units + scan.takeUnits())
    }
    let whole = scan([max(bytes.count, 1)])
    var random = SystemRandomNumberGenerator()
    let randomSizes = (0..<50).map { _ in Int.random(in: 1...3000, using: &random) }
    for sizes in [[1], [7], [188], [189, 1, 3], [1000, 1316, 4, 50_000], randomSizes] {
        let other = scan(sizes)
        #expect(other.0.contents == whole.0.contents, "in pieces of \(sizes)", sourceLocation: sourceLocation)
        #expect(other.1 == whole.1, "in pieces of \(sizes)", sourceLocation: sourceLocation)
    }
    return whole
}

@Suite("What is in a segment")
struct SegmentScanTests {
    /// Ticks of a picture at 25 a second.
    private let picture: Int64 = 3600

    @Test("Units, random access points and durations are told, in any pieces")
    func wholeSegment() throws {
        let stream = videoStream(groupCount: 3, groupLength: 10)
        let (result, units) = scan(stream.bytes)
        let contents = result.contents
        #expect(contents.isTransportStream)
        #expect(contents.byteCount == stream.bytes.count)
        #expect(contents.program?.programNumber == 1)
        #expect(contents.mainStream?.codec == .h264)
        #expect(contents.unitCount == 30)
        #expect(units.count == 30)
        #expect(contents.duration == MediaTicks(30 * picture))
        #expect(contents.unitDuration == 3600)
        #expect(contents.beginsIndependently)
        #expect(contents.firstTimestamp == Timestamp(ticks: 900_000))
        #expect(contents.nextTimestamp == Timestamp(ticks: 900_000 + 30 * 3600))
        #expect(contents.randomAccessPoints.map(\.elapsed) == [0, 36_000, 72_000])
        #expect(contents.randomAccessPoints.allSatisfy { $0.randomAccessPoint == .idr && $0.hasTables })
        #expect(contents.firstCounters == [.pat: 0, 0x1000: 0, 0x100: 0, 0x101: 0])
    }

    @Test("A viewer that begins at a random access point has the tables, then the picture")
    func pointsBeginWithTables() throws {
        let stream = videoStream(groupCount: 3, groupLength: 10)
        for point in scan(stream.bytes).scan.contents.randomAccessPoints {
            let rest = Array(stream.bytes[point.offset...])
            let again = scan(rest).scan.contents
            #expect(again.firstUnit?.offset == 0)
            #expect(again.firstUnit?.hasTables == true)
            #expect(again.firstUnit?.pts == point.pts)
            #expect(again.beginsIndependently)
        }
    }

    @Test("Where no tables stand before a random access point, they are told as packets")
    func tablesElsewhere() throws {
        let stream = videoStream(groupCount: 3, groupLength: 10, tablesEvery: 100)
        let contents = scan(stream.bytes).scan.contents
        #expect(contents.randomAccessPoints.map(\.hasTables) == [true, false, false])
        let point = try #require(contents.randomAccessPoints.last)
        let again = scan(contents.tablePackets + stream.bytes[point.offset...]).scan.contents
        #expect(again.firstUnit?.pts == point.pts)
        #expect(again.firstUnit?.hasTables == true)
        #expect(again.beginsIndependently)
        #expect(again.program == contents.program)
    }

    @Test("Tables that have another packet between them and the picture do not begin with it")
    func interruptedTables() {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        stream.null()
        stream.pes(TestPicture.h264(.idr), pts: 0)
        stream.pmt([.init(0x1B, 0x100)])
        stream.pes(TestPicture.h264(.idr), pts: 3600)
        let points = scan(stream.bytes).scan.contents.randomAccessPoints
        #expect(points.map(\.hasTables) == [false, false])
        #expect(points.first?.offset == 3 * 188)
    }

    @Test("Time stamps go on over their wrap, and so does the segment that follows")
    func wrap() {
        let first = (1 << 33) - Int64(5 * 3600)
        let contents = scan(videoStream(groupCount: 1, groupLength: 10, firstPTS: first).bytes).scan.contents
        #expect(contents.duration == MediaTicks(10 * picture))
        #expect(contents.jumpCount == 0)
        #expect(contents.nextTimestamp == Timestamp(ticks: 5 * 3600))
    }

    @Test("A jump of the time stamps is counted and costs no time")
    func jump() {
        var stream = videoStream(groupCount: 1, groupLength: 10)
        for index in 0..<10 { stream.pes(TestPicture.h264(.ordinary), pts: 90_000_000 + Int64(index) * 3600) }
        let contents = scan(stream.bytes).scan.contents
        #expect(contents.jumpCount == 1)
        #expect(contents.unitCount == 20)
        #expect(contents.nextTimestamp.map { $0.distance(to: Timestamp(ticks: 90_036_000)).magnitude < 1800 } == true)
    }

    @Test("A single picture lasts as long as those of the segment before; without one its duration is not known")
    func singlePicture() {
        let before = scan(videoStream(groupCount: 1, groupLength: 10).bytes).scan
        let single = videoStream(groupCount: 1, groupLength: 1).bytes
        #expect(scan(single).scan.contents.duration == nil)
        #expect(scan(single, after: before).scan.contents.duration == 3600)
    }

    @Test("A segment without tables is read with those of the segment before")
    func tablesOfTheSegmentBefore() {
        let before = scan(videoStream(groupCount: 1, groupLength: 10).bytes).scan
        let bare = Array(videoStream(groupCount: 1, groupLength: 10).bytes.dropFirst(2 * 188))
        #expect(scan(bare).scan.contents.unitCount == 0)
        let contents = scan(bare, after: before).scan.contents
        #expect(contents.unitCount == 10)
        #expect(contents.firstUnit?.offset == 0)
        #expect(contents.firstUnit?.hasTables == false)
        #expect(contents.beginsIndependently)
    }

    @Test("A segment that begins in the middle of a group does not begin independently")
    func noRandomAccessPointAtTheStart() {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<20 {
            stream.pes(TestPicture.h264(index == 10 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let contents = scan(stream.bytes).scan.contents
        #expect(!contents.beginsIndependently)
        #expect(contents.randomAccessPoints.map(\.elapsed) == [36_000])
    }

    @Test("Without video, the audio is the main stream, and any frame a place to begin")
    func audioOnly() {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x0F, 0x101)], pcrPID: 0x101)
        for index in 0..<20 {
            stream.pes(
                TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: Int64(index) * 1920, isBounded: true)
        }
        let contents = scan(stream.bytes).scan.contents
        #expect(contents.mainStream?.codec == .aac)
        #expect(contents.duration == MediaTicks(20 * 1920))
        #expect(contents.randomAccessPoints.count == 20)
        #expect(contents.beginsIndependently)
    }

    @Test("Units without a time stamp share the time between those that have one")
    func missingTimestamps() {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<24 {
            stream.pes(
                TestPicture.h264(index == 0 ? .idr : .ordinary), pts: index % 12 == 0 ? Int64(index) * 3600 : nil)
        }
        #expect(scan(stream.bytes).scan.contents.duration == MediaTicks(24 * picture))
    }

    @Test("What is no transport stream of packets of 188 bytes is known by its first byte")
    func otherBytes() {
        #expect(scan([]).scan.contents.alignment == .unknown)
        #expect(scan(Array("{\"json\": true}".utf8)).scan.contents.alignment == .broken(at: 0))
        var damaged = videoStream(groupCount: 2, groupLength: 10).bytes
        damaged[188 * 20] = 0
        let contents = scan(damaged).scan.contents
        #expect(contents.alignment == .broken(at: 188 * 20))
        #expect(!contents.isTransportStream)
        #expect(contents.byteCount == damaged.count)
        #expect(contents.randomAccessPoints.count == 1)
    }

    @Test("More random access points than are kept: the first ones and the last one are known")
    func manyPoints() {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        let count = SegmentContents.maximumPointCount + 10
        for index in 0..<count { stream.pes(TestPicture.h264(.idr, size: 20), pts: Int64(index) * 3600) }
        let points = scan(stream.bytes).scan.contents.randomAccessPoints
        #expect(points.count == SegmentContents.maximumPointCount)
        #expect(points.first?.elapsed == 0)
        #expect(points.last?.elapsed == MediaTicks(Int64(count - 1) * 3600))
    }
}
