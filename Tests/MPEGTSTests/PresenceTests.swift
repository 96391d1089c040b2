import MPEGTS
import Testing
import TrickleTesting

/// What the map lists against what comes.
@Suite("Streams that are listed, and what comes of them")
struct PresenceTests {
    private static let videoPID: PID = 0x100
    private static let soundPID: PID = 0x101

    /// A program of video and sound of which some comes at some times, in tenths of a second.
    private func stream(
        seconds: Int, version: UInt8 = 0, sound: (Int) -> Bool = { _ in true }, video: (Int) -> Bool = { _ in true }
    ) -> TSBuilder {
        var stream = TSBuilder()
        for tenth in 0..<10 * seconds {
            if tenth % 5 == 0 {
                stream.pat()
                stream.pmt([.init(0x1B, Self.videoPID), .init(0x0F, Self.soundPID)], version: version)
            }
            let pts = 900_000 + Int64(tenth) * 9000
            if video(tenth) {
                stream.pes(TestPicture.h264(tenth % 10 == 0 ? .idr : .ordinary), pid: Self.videoPID, pts: pts)
            }
            if sound(tenth) {
                stream.pes(TestPicture.audio(0xFFF1), pid: Self.soundPID, streamID: 0xC0, pts: pts, isBounded: true)
            }
        }
        return stream
    }

    @Test("A video that never comes: the sound is cut at the target duration, from its first frame on")
    func videoNever() throws {
        let recording = try expectSegments(stream(seconds: 12, video: { _ in false }))
        let durations = recording.segments.dropLast().compactMap { $0.end?.duration }
        #expect(durations.count == 5)
        #expect(durations.allSatisfy { $0 == .seconds(2) })
        #expect(recording.notices == [.videoNotThere])
        #expect(recording.bytes.count >= stream(seconds: 12, video: { _ in false }).bytes.count)
    }

    @Test("A video that comes late is cut at from its first random access point on")
    func videoLate() throws {
        let recording = try expectSegments(stream(seconds: 12, video: { $0 >= 60 }))
        let reasons = recording.reasons
        let first = try #require(reasons.firstIndex(of: .randomAccessPoint(.idr)))
        #expect(reasons[..<first].dropFirst().allSatisfy { $0 == .targetDuration })
        #expect(reasons[first...].allSatisfy { $0 == .randomAccessPoint(.idr) })
        #expect(reasons.count - first == 6)
    }

    @Test("Sound that never comes, or late, changes nothing", arguments: [0, 70])
    func soundLate(from tenth: Int) throws {
        let recording = try expectSegments(stream(seconds: 9, sound: { tenth > 0 && $0 >= tenth }))
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 9))
        #expect(recording.notices == [])
    }

    @Test("Sound that begins a second before its video is no sign that the video does not come")
    func soundFirst() throws {
        let recording = try expectSegments(stream(seconds: 6, video: { $0 >= 10 }))
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 5))
    }

    @Test("A segment without its video is told by its sound")
    func scanWithoutVideo() throws {
        let segment = stream(seconds: 3, video: { _ in false })
        var scan = SegmentScan()
        scan.receive(segment.bytes.span.bytes)
        let early = scan.contents
        scan.finish()
        for contents in [early, scan.contents] {
            #expect(contents.mainStream?.pid == Self.soundPID)
            #expect(contents.unitCount == 30)
            #expect(contents.duration == 270_000)
        }
        #expect(scan.contents.randomAccessPoints.count == 30)
        #expect(scan.contents.soundFormat != nil)
        #expect(!scan.contents.hasCome(try #require(scan.contents.program?.video)))

        // The next one does not wait for it.
        var next = SegmentScan(after: scan)
        next.receive(stream(seconds: 1, video: { _ in false }).bytes.span.bytes)
        #expect(next.contents.mainStream?.pid == Self.soundPID)
        #expect(next.contents.unitCount == 10)

        // When it comes, it is what counts.
        var later = SegmentScan(after: next)
        later.receive(stream(seconds: 2).bytes.span.bytes)
        later.finish()
        #expect(later.contents.mainStream?.pid == Self.videoPID)
        #expect(later.contents.unitCount == 20)
        #expect(later.contents.beginsIndependently)
    }

    @Test("A short segment of sound alone is told when it has ended")
    func shortSegmentWithoutVideo() {
        var scan = SegmentScan()
        scan.receive(stream(seconds: 1, video: { _ in false }).bytes.span.bytes)
        #expect(scan.contents.mainStream?.pid == Self.videoPID)
        #expect(scan.contents.unitCount == 0)
        scan.finish()
        #expect(scan.contents.mainStream?.pid == Self.soundPID)
        #expect(scan.contents.unitCount == 10)
    }

    // MARK: Programs

    /// Radio and television, or two of television, in one stream.
    private func programs(
        _ maps: [[TSBuilder.Stream]], seconds: Int, cutFor number: Int? = nil
    ) -> TSBuilder {
        var stream = TSBuilder()
        let pat = maps.indices.map { (number: UInt16($0 + 1), mapPID: PID(UInt16(0x1000 + $0))) }
        for tenth in 0..<10 * seconds {
            let pts = 900_000 + Int64(tenth) * 9000
            if tenth % 10 == 0 {
                stream.pat(pat)
                // A segment that is cut for a program begins with its map; those of others come on their way.
                for index in maps.indices.sorted(by: { first, _ in first + 1 == number }) {
                    stream.pmt(maps[index], program: UInt16(index + 1), pid: PID(UInt16(0x1000 + index)))
                    if index + 1 == number { picture(of: maps[index], tenth, pts, &stream) }
                }
            }
            for index in maps.indices where !(tenth % 10 == 0 && index + 1 == number) {
                picture(of: maps[index], tenth, pts, &stream)
            }
            for map in maps {
                for sound in map where sound.type == 0x0F {
                    stream.pes(TestPicture.audio(0xFFF1), pid: sound.pid, streamID: 0xC0, pts: pts, isBounded: true)
                }
            }
        }
        return stream
    }

    private func picture(of map: [TSBuilder.Stream], _ tenth: Int, _ pts: Int64, _ stream: inout TSBuilder) {
        for video in map where video.type == 0x1B {
            stream.pes(TestPicture.h264(tenth % 10 == 0 ? .idr : .ordinary), pid: video.pid, pts: pts)
        }
    }

    private let radio = [TSBuilder.Stream(0x0F, 0x200)]
    private let television = [TSBuilder.Stream(0x1B, 0x300), TSBuilder.Stream(0x0F, 0x301)]
    private let other = [TSBuilder.Stream(0x1B, 0x400), TSBuilder.Stream(0x0F, 0x401)]

    private func contents(_ stream: TSBuilder, after previous: SegmentScan? = nil) -> SegmentScan {
        var scan = SegmentScan(after: previous)
        scan.receive(stream.bytes.span.bytes)
        scan.finish()
        return scan
    }

    @Test("A radio program before it does not hide the television program", arguments: [false, true])
    func radioFirst(isCutForTelevision: Bool) {
        let stream = programs([radio, television], seconds: 2, cutFor: isCutForTelevision ? 2 : nil)
        let contents = contents(stream).contents
        #expect(contents.program?.programNumber == 2)
        #expect(contents.mainStream?.pid == 0x300)
        #expect(contents.unitCount == 20)
    }

    @Test("Of two television programs, the one counts that the segment is cut for", arguments: [1, 2])
    func cutForProgram(number: Int) {
        let first = contents(programs([television, other], seconds: 2, cutFor: number))
        let next = contents(programs([television, other], seconds: 2, cutFor: number), after: first)
        for scan in [first, next] {
            #expect(scan.contents.program?.programNumber == UInt16(number))
            #expect(scan.contents.mainStream?.pid == (number == 1 ? 0x300 : 0x400))
            #expect(scan.contents.unitCount == 20)
            #expect(scan.contents.beginsIndependently)
        }
        // Somebody publishes it anew, for the other program.
        let changed = contents(programs([television, other], seconds: 2, cutFor: 3 - number), after: next)
        #expect(changed.contents.program?.programNumber == UInt16(3 - number))
    }

    @Test("What the segmenter cuts for a program is told of that program")
    func segmentsOfAProgram() throws {
        var configuration = GOPSegmenter.Configuration()
        configuration.program = .number(2)
        let recording = try TSRecording(programs([television, other], seconds: 6).bytes, configuration)
        var previous: SegmentScan?
        for segment in recording.segments {
            var scan = SegmentScan(after: previous)
            scan.receive(segment.bytes.span.bytes)
            scan.finish()
            #expect(scan.contents.program?.programNumber == 2)
            #expect(scan.contents.beginsIndependently)
            previous = scan
        }
        #expect(recording.segments.count == 6)
    }

    // MARK: Time

    @Test("Without time stamps, the program's clock tells how long a segment is")
    func noTimestamps() {
        var stream = TSBuilder()
        for index in 0..<50 {
            if index % 25 == 0 {
                stream.pat()
                stream.pmt([.init(0x1B, 0x100)])
            }
            stream.pes(
                TestPicture.h264(index % 25 == 0 ? .idr : .ordinary),
                marks: .init(pcr: (900_000 + Int64(index) * 3600) * 300))
        }
        let contents = contents(stream).contents
        #expect(contents.duration == MediaTicks(180_000))
        #expect(contents.firstTimestamp == Timestamp(ticks: 900_000))
        #expect(contents.firstUnit?.pts == nil)
    }
}
