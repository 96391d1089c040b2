import MPEGTS
import Testing
import TrickleTesting

@Suite("Several programs")
struct ProgramTests {
    private let programs: [(number: UInt16, mapPID: PID)] = [(1, 0x1000), (2, 0x1001), (3, 0x1002)]
    private let pids: Set<PID> = [.pat, 0x1000, 0x1001, 0x1002]

    /// Program 1 has audio only; 2 has groups of 10 pictures, 3 of 6.
    private func stream(mapOrder: [Int] = [0, 1, 2]) -> TSBuilder {
        var stream = TSBuilder()
        let maps: [[TSBuilder.Stream]] = [[.init(0x03, 0x101)], [.init(0x1B, 0x200)], [.init(0x24, 0x300)]]
        for index in 0..<60 {
            if index % 5 == 0 {
                stream.pat(programs)
                for number in mapOrder {
                    let program = programs[number]
                    stream.pmt(maps[number], program: program.number, pid: program.mapPID, pcrPID: maps[number][0].pid)
                }
            }
            let pts = Int64(index) * 3600
            stream.pes(TestPicture.audio(0xFFFD), pid: 0x101, streamID: 0xC0, pts: pts)
            stream.pes(TestPicture.hevc(index % 6 == 3 ? 21 : 1), pid: 0x300, pts: pts)
            stream.pes(TestPicture.h264(index % 10 == 5 ? .idr : .ordinary), pid: 0x200, pts: pts)
        }
        return stream
    }

    private func record(_ choice: ProgramChoice, _ stream: TSBuilder) throws -> TSRecording {
        var configuration = GOPSegmenter.Configuration()
        configuration.program = choice
        return try expectSegments(stream, configuration, tablePIDs: pids)
    }

    @Test(
        "The first program with video decides, in whatever order the maps come",
        arguments: [[0, 1, 2], [2, 1, 0], [2, 0, 1]])
    func firstWithVideo(mapOrder: [Int]) throws {
        let recording = try record(.firstWithVideo, stream(mapOrder: mapOrder))
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 6))
        #expect(recording.segmentsWithoutTables(mapPID: 0x1001) == [])
    }

    @Test("A program can be chosen by its number")
    func byNumber() throws {
        let recording = try record(.number(3), stream())
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.cra), count: 10))
        #expect(recording.segmentsWithoutTables(mapPID: 0x1002) == [])
    }

    @Test("With all programs, each segment begins with all maps")
    func all() throws {
        let recording = try record(.all, stream())
        #expect(recording.segments.count == 6)
        #expect(recording.segments.allSatisfy { $0.pids.starts(with: [.pat, 0x1000, 0x1001, 0x1002]) })
    }

    @Test("A program that is not there is told about, and the stream passed on whole")
    func missingProgram() throws {
        let recording = try record(.number(7), stream())
        #expect(recording.reasons == [.streamStart])
        #expect(recording.notices.first == .programNotFound)
    }

    @Test("Programs that are listed and have no map do not keep the others waiting")
    func listedOnly() throws {
        var stream = TSBuilder()
        for index in 0..<30 {
            if index % 3 == 0 {
                stream.pat(programs)
                stream.pmt([.init(0x1B, 0x200)], program: 2, pid: 0x1001, pcrPID: 0x200)
            }
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pid: 0x200, pts: Int64(index) * 3600)
        }
        let recording = try record(.firstWithVideo, stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 3))
    }

    @Test("Maps of several programs on one PID are told apart")
    func sharedMapPID() throws {
        var stream = TSBuilder()
        let programs: [(number: UInt16, mapPID: PID)] = [(1, 0x1000), (2, 0x1000)]
        for index in 0..<20 {
            if index % 10 == 0 {
                stream.pat(programs)
                stream.pmt([.init(0x03, 0x101)], program: 1, pcrPID: 0x101)
                stream.pmt([.init(0x1B, 0x200)], program: 2, pcrPID: 0x200)
            }
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pid: 0x200, pts: Int64(index) * 3600)
        }
        let recording = try record(.firstWithVideo, stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 2))
    }

    @Test("Video that a new map brings takes over from audio")
    func lateVideo() throws {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x03, 0x101)], pcrPID: 0x101)
        for index in 0..<20 {
            stream.pes(TestPicture.audio(0xFFFD), pid: 0x101, streamID: 0xC0, pts: Int64(index) * 3600)
        }
        stream.pat()
        stream.pmt([.init(0x03, 0x101), .init(0x1B, 0x100)], version: 1)
        for index in 20..<40 {
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
            stream.pes(TestPicture.audio(0xFFFD), pid: 0x101, streamID: 0xC0, pts: Int64(index) * 3600)
        }
        let recording = try record(.firstWithVideo, stream)
        let idr = SegmentStart.Reason.randomAccessPoint(.idr)
        #expect(recording.reasons == [.targetDuration, idr, idr])
    }
}
