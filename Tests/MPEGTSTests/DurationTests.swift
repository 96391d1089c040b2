import MPEGTS
import Testing
import TrickleTesting

@Suite("How long segments are")
struct DurationTests {
    private func configuration(_ change: (inout GOPSegmenter.Configuration) -> Void) -> GOPSegmenter.Configuration {
        var configuration = GOPSegmenter.Configuration()
        change(&configuration)
        return configuration
    }

    @Test("A segment's duration is the time to the next random access point")
    func durations() throws {
        let recording = try expectSegments(videoStream(groupLength: 10))
        #expect(recording.segments.dropLast().allSatisfy { $0.end?.duration == .milliseconds(400) })
        #expect(recording.segments.map(\.start.pts) == [0, 10, 20, 30].map { Timestamp(ticks: 900_000 + $0 * 3600) })
    }

    @Test("Durations go on over the wrap of time stamps at 2^33")
    func wrap() throws {
        let stream = videoStream(groupLength: 10, firstPTS: (1 << 33) - 15 * 3600)
        let recording = try expectSegments(stream)
        #expect(recording.segments.dropLast().allSatisfy { $0.end?.duration == .milliseconds(400) })
        #expect(recording.notices == [])
    }

    @Test("Groups of pictures are merged until they are as long as the minimum duration")
    func minimumDuration() throws {
        let stream = videoStream(groupCount: 12, groupLength: 5)
        let recording = try expectSegments(stream, configuration { $0.minimumDuration = .seconds(1) })
        #expect(recording.segments.count == 3)
        #expect(recording.segments.dropLast().allSatisfy { $0.end?.duration == .seconds(1) })
    }

    @Test("Without random access points, a segment is cut at the maximum duration, and that is told")
    func maximumDuration() throws {
        let stream = videoStream(groupCount: 1, groupLength: 100)
        let recording = try expectSegments(stream, configuration { $0.maximumDuration = .seconds(1) })
        #expect(recording.reasons == [.randomAccessPoint(.idr)] + Array(repeating: .maximumDuration, count: 3))
        #expect(recording.segmentsWithoutTables() == [])
        #expect(recording.notices == [.noRandomAccessPoint])
    }

    @Test("No segment is larger than the maximum size")
    func maximumSize() throws {
        let stream = videoStream(groupCount: 1, groupLength: 500)
        let recording = try expectSegments(stream, configuration { $0.maximumByteCount = 100_000 })
        #expect(recording.segments.count > 3)
        #expect(recording.segments.allSatisfy { $0.bytes.count <= 100_000 })
        #expect(recording.reasons.dropFirst().allSatisfy { $0 == .maximumByteCount })
    }

    @Test(
        "Without video, each codec is cut at frames after the target duration",
        arguments: [
            (0x0F, 0xFFF1, []), (0x03, 0xFFFD, []), (0x04, 0xFFFB, []), (0x81, 0x0B77, []), (0x87, 0x0B77, []),
            (0x11, 0x56E0, []), (0x06, 0x0B77, [0x6A, 1, 0]), (0x06, 0x7FE0, [5, 4, 0x4F, 0x70, 0x75, 0x73]),
        ] as [(UInt8, UInt16, [UInt8])])
    func audioOnly(streamType: UInt8, syncWord: UInt16, descriptors: [UInt8]) throws {
        var stream = TSBuilder()
        for index in 0..<100 {
            if index % 7 == 0 {
                stream.pat()
                stream.pmt([.init(streamType, 0x101, descriptors: descriptors)], pcrPID: 0x101)
            }
            let marks = TSBuilder.Marks(pcr: Int64(index) * 3600 * 300)
            stream.pes(
                TestPicture.audio(syncWord, frameCount: 2), pid: 0x101, streamID: 0xC0, pts: Int64(index) * 3600,
                marks: marks)
        }
        let recording = try expectSegments(stream, configuration { $0.targetDuration = .seconds(1) })
        #expect(recording.reasons == Array(repeating: .targetDuration, count: 4))
        #expect(recording.segments.dropLast().allSatisfy { $0.end?.duration == .seconds(1) })
        #expect(recording.segmentsWithoutTables() == [])
    }

    @Test("Audio whose frames do not begin with PES packets is cut where one does")
    func unalignedAudio() throws {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x03, 0x101)], pcrPID: 0x101)
        for index in 0..<100 {
            let frames = TestPicture.audio(0xFFFD, size: 400)
            let payload = index % 3 == 0 ? frames : Array(frames.dropFirst(150))
            stream.pes(payload, pid: 0x101, streamID: 0xC0, pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream, configuration { $0.targetDuration = .seconds(1) })
        #expect(recording.segments.dropLast().allSatisfy { $0.end?.duration == .milliseconds(1080) })
    }

    @Test("Audio does not cut a stream that has video")
    func audioWithVideo() throws {
        let stream = videoStream(groupCount: 1, groupLength: 200)
        let recording = try expectSegments(stream, configuration { $0.targetDuration = .milliseconds(100) })
        #expect(recording.segments.count == 1)
    }

    @Test("Video of a codec whose random access points are not known is cut at the target duration, and that is told")
    func unknownVideo() throws {
        let stream = videoStream(groupCount: 1, groupLength: 100, streamType: 0xEA)
        let recording = try expectSegments(stream, configuration { $0.targetDuration = .seconds(1) })
        #expect(recording.reasons == Array(repeating: .targetDuration, count: 4))
        #expect(recording.notices == [.codecWithoutRandomAccessPoints])
    }

    @Test("When the video vanishes, segments end at the maximum duration")
    func vanishedVideo() throws {
        var stream = videoStream(groupCount: 1)
        for index in 10..<200 {
            let pts = 900_000 + Int64(index) * 3600
            stream.pes(TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: pts, isBounded: true)
        }
        let recording = try expectSegments(stream, configuration { $0.maximumDuration = .seconds(2) })
        #expect(recording.reasons == [.randomAccessPoint(.idr), .maximumDuration, .maximumDuration])
    }

    @Test("A jump of the time stamps is counted, and is no time", arguments: [5_000_000_000, 6_000_000, 200_000])
    func jump(firstPTS: Int64) throws {
        var stream = videoStream(groupCount: 2)
        let later = videoStream(groupCount: 2, firstPTS: firstPTS)
        for packet in later.packets { stream.raw(packet) }
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.segments.count == 4)
        #expect(recording.counts[.timestampJump] == 1)
        #expect(recording.segments.allSatisfy { ($0.end?.duration ?? .zero) <= .milliseconds(400) })
    }

    @Test("Without time stamps, arrival time tells when the maximum duration is over")
    func arrivalTime() throws {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        var ends = [0]
        for index in 0..<100 {
            stream.pes(TestPicture.h264(index == 0 ? .idr : .ordinary))
            ends.append(stream.bytes.count)
        }
        var segmenter = GOPSegmenter(configuration { $0.maximumDuration = .seconds(4) })
        var reasons: [SegmentStart.Reason] = []
        var notices: [Oddity] = []
        for index in 0..<100 {
            let now = Duration.milliseconds(100 * index)
            try segmenter.receive(stream.bytes.span.bytes.extracting(ends[index]..<ends[index + 1]), now: now) {
                event in
                switch event {
                case .segmentStarted(let start): reasons.append(start.reason)
                case .notice(let oddity): notices.append(oddity)
                default: break
                }
            }
        }
        #expect(reasons == [.randomAccessPoint(.idr), .maximumDuration, .maximumDuration])
        #expect(notices == [.noClock, .noRandomAccessPoint])
    }
}
