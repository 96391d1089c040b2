import MPEGTS
import Testing
import TrickleTesting

@Suite("Random access points")
struct RandomAccessPointTests {
    private func expectCuts(
        _ stream: TSBuilder, _ reasons: [RandomAccessPoint], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let recording = try expectSegments(stream, sourceLocation: sourceLocation)
        #expect(recording.reasons == reasons.map { .randomAccessPoint($0) }, sourceLocation: sourceLocation)
        #expect(recording.segmentsWithoutTables() == [], sourceLocation: sourceLocation)
        #expect(recording.notices == [], sourceLocation: sourceLocation)
    }

    @Test("Each H.264 IDR picture begins a segment")
    func idr() throws {
        try expectCuts(videoStream(), [.idr, .idr, .idr, .idr])
    }

    @Test("With intra refresh there is one IDR picture, and then each recovery point begins a segment")
    func intraRefresh() throws {
        let stream = videoStream(picture: {
            TestPicture.h264($0 == 0 ? .idr : $1 ? .recoveryPoint : .ordinary)
        })
        try expectCuts(stream, [.idr, .recoveryPoint, .recoveryPoint, .recoveryPoint])
    }

    @Test("A recovery point is found behind long messages that hold emulation prevention bytes")
    func recoveryPointBehindOtherMessages() throws {
        // Unregistered user data of 270 bytes, with 0, 0, 3, 6, 1 in it, which is no recovery point.
        let userData = [5, 0xFF, 15] + [UInt8](repeating: 0xAA, count: 263) + [0, 0, 3, 0, 0, 3, 6, 1, 0x55]
        let stream = videoStream(picture: {
            TestPicture.h264($0 == 0 ? .idr : $1 ? .recoveryPoint : .ordinary, extraMessage: userData)
        })
        try expectCuts(stream, [.idr, .recoveryPoint, .recoveryPoint, .recoveryPoint])
    }

    @Test("Parameter sets alone do not make a random access point")
    func parameterSetsOnly() throws {
        let stream = videoStream(picture: {
            TestPicture.h264($0 == 0 ? .idr : .ordinary, hasParameterSets: $1)
        })
        try expectCuts(stream, [.idr])
    }

    @Test("The random access indicator changes nothing", arguments: ["never", "always", "wrongly"])
    func randomAccessIndicator(isSet: String) throws {
        let stream = videoStream(indicatorAt: { index in
            switch isSet {
            case "never": false
            case "always": true
            default: index % 10 == 5
            }
        })
        try expectCuts(stream, [.idr, .idr, .idr, .idr])
    }

    @Test("A start code, a header, or a PES header may span packets anywhere", arguments: 1...40)
    func spanningPackets(firstSize: Int) throws {
        var stream = TSBuilder()
        for index in 0..<12 {
            if index % 4 == 0 {
                stream.pat()
                stream.pmt([.init(0x1B, 0x100)])
            }
            let picture = TestPicture.h264(index % 4 == 0 ? .idr : .ordinary)
            stream.pes(picture, pts: Int64(index) * 3600, dts: Int64(index) * 3600 - 100, firstSize: firstSize)
        }
        try expectCuts(stream, [.idr, .idr, .idr])
    }

    @Test("Pictures of several slices, without delimiters, begin one segment for each IDR picture")
    func slices() throws {
        let stream = videoStream(picture: {
            TestPicture.h264($1 ? .idr : .ordinary, hasDelimiter: false, sliceCount: 4)
        })
        try expectCuts(stream, [.idr, .idr, .idr, .idr])
    }

    @Test("Slices in PES packets of their own do not begin segments")
    func slicesInTheirOwnPackets() throws {
        let stream = videoStream(picture: {
            $1 ? TestPicture.h264(.idr) : [0, 0, 1, 0x65, 0x46] + TestPicture.noise(300)
        })
        try expectCuts(stream, [.idr, .idr, .idr, .idr])
    }

    @Test("Parameter sets in a PES packet of their own stay with their picture")
    func parameterSetsInTheirOwnPacket() throws {
        var stream = TSBuilder()
        for index in 0..<12 {
            if index % 4 == 0 {
                stream.pat()
                stream.pmt([.init(0x1B, 0x100)])
                stream.pes(TestPicture.h264ParameterSets, pts: Int64(index) * 3600)
            }
            let kind = index % 4 == 0 ? TestPicture.H264.idr : .ordinary
            stream.pes(TestPicture.h264(kind, hasDelimiter: false, hasParameterSets: false), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 3))
        #expect(recording.segments.allSatisfy { $0.pids.prefix(4) == [.pat, 0x1000, 0x100, 0x100] })
    }

    @Test(
        "HEVC: IDR, CRA and BLA begin segments, leading and other pictures do not",
        arguments: [(16, .bla), (17, .bla), (18, .bla), (19, .idr), (20, .idr), (21, .cra)]
            as [(UInt8, RandomAccessPoint)])
    func hevc(type: UInt8, kind: RandomAccessPoint) throws {
        let stream = videoStream(
            streamType: 0x24,
            picture: { index, isFirst in
                TestPicture.hevc(isFirst ? type : index % 10 < 3 ? 8 : 1, sliceCount: 2)
            })
        try expectCuts(stream, [kind, kind, kind, kind])
    }

    @Test(
        "VVC: IDR, CRA and GDR begin segments",
        arguments: [(7, .idr), (8, .idr), (9, .cra), (10, .gdr)] as [(UInt8, RandomAccessPoint)])
    func vvc(type: UInt8, kind: RandomAccessPoint) throws {
        let stream = videoStream(streamType: 0x33, picture: { TestPicture.vvc($1 ? type : 0) })
        try expectCuts(stream, [kind, kind, kind, kind])
    }

    @Test("MPEG-1 and MPEG-2: a sequence header and an I picture begin a segment", arguments: [0x01, 0x02] as [UInt8])
    func mpegVideo(streamType: UInt8) throws {
        let stream = videoStream(
            streamType: streamType,
            picture: { index, isFirst in
                TestPicture.mpeg2(codingType: isFirst ? 1 : index % 3 == 0 ? 2 : 3, hasSequenceHeader: isFirst)
            })
        try expectCuts(stream, [.intraPicture, .intraPicture, .intraPicture, .intraPicture])
    }

    @Test("MPEG-2: neither an I picture alone nor a sequence header before a P picture begins a segment")
    func halfMPEG2() throws {
        let stream = videoStream(
            streamType: 0x02,
            picture: { index, isFirst in
                TestPicture.mpeg2(codingType: index == 0 || !isFirst ? 1 : 2, hasSequenceHeader: isFirst)
            })
        try expectCuts(stream, [.intraPicture])
    }

    @Test("MPEG-2 in PES packets that begin anywhere in a picture is cut at the packet that the I picture begins in")
    func unalignedMPEG2() throws {
        var elementary: [[UInt8]] = []
        for index in 0..<20 {
            elementary.append(
                TestPicture.mpeg2(codingType: index % 5 == 0 ? 1 : 2, hasSequenceHeader: index % 5 == 0, size: 700))
        }
        // Each PES packet but the first begins 200 bytes before its picture.
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x02, 0x100)])
        for index in 0..<20 {
            let tail = index == 0 ? [] : elementary[index - 1].suffix(200)
            let head = index == 19 ? elementary[index] : elementary[index].dropLast(200)
            stream.pes(Array(tail + head), pts: Int64(index) * 3600)
        }
        try expectCuts(stream, [.intraPicture, .intraPicture, .intraPicture, .intraPicture])
    }

    @Test("MPEG-4 part 2: a video object layer and an I-VOP begin a segment")
    func mpeg4() throws {
        let stream = videoStream(streamType: 0x10, picture: { TestPicture.mpeg4(isIntra: $1) })
        try expectCuts(stream, [.intraPicture, .intraPicture, .intraPicture, .intraPicture])
    }

    @Test("H.264 that announces nothing is cut at I pictures with parameter sets, once five seconds have shown that")
    func unannounced() throws {
        let stream = videoStream(
            groupCount: 10, groupLength: 25, picture: { TestPicture.h264($1 ? .bareIntra : .ordinary) })
        let recording = try expectSegments(stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.intraPicture), count: 5))
        #expect(recording.notices == [.unannouncedRandomAccessPoint])
        #expect(recording.segments.first?.start.pts == Timestamp(ticks: 900_000 + 125 * 3600))
    }

    @Test("H.264 that announces some random access points is not cut at other I pictures")
    func partlyAnnounced() throws {
        let stream = videoStream(
            groupCount: 10, groupLength: 25, picture: { TestPicture.h264($0 == 0 ? .idr : $1 ? .bareIntra : .ordinary) }
        )
        try expectCuts(stream, [.idr])
    }
}
