import MPEGTS
import Testing
import TrickleTesting

@Suite("Stream analysis")
struct StreamAnalyzerTests {
    private func analyze(_ bytes: [UInt8], pieceSize: Int? = nil) throws -> StreamAnalysis {
        var analyzer = StreamAnalyzer()
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + (pieceSize ?? bytes.count), bytes.count)
            try analyzer.receive(bytes.span.bytes.extracting(offset..<end))
            offset = end
        }
        return try analyzer.finish()
    }

    @Test(
        "Programs, streams, random access points, GOPs, the clock and the cuts are told, in any pieces",
        arguments: [nil, 1, 700])
    func wholeStream(pieceSize: Int?) throws {
        let stream = videoStream(groupCount: 5, groupLength: 10, indicatorAt: { _ in true })
        let analysis = try analyze(stream.bytes, pieceSize: pieceSize)
        #expect(analysis.packetCount == stream.packets.count)
        #expect(analysis.programs.map(\.number) == [1])
        let program = try #require(analysis.programs.first)
        #expect(program.isChosen)
        #expect(program.streams.map(\.codec) == ["H.264", "AAC"])
        let video = try #require(program.streams.first)
        #expect(video.unitCount == 50)
        #expect(video.randomAccessPoints == ["IDR": 5])
        #expect(video.randomAccessIndicatorCount == 50)
        for durations in [video.gopDurations?.minimum, video.gopDurations?.average, video.gopDurations?.maximum] {
            #expect(abs((durations ?? 0) - 0.4) < 1e-9)
        }
        for lengths in [video.gopLengths?.minimum, video.gopLengths?.average, video.gopLengths?.maximum] {
            #expect(lengths == 10)
        }
        #expect(analysis.clock.pcrCount == 50)
        #expect(analysis.clock.intervals?.maximum == 0.04)
        #expect(analysis.segmentCount == 5)
        #expect(analysis.segments.map(\.reason) == Array(repeating: "IDR", count: 5))
        #expect(analysis.errors == [:])
        let duration = try #require(analysis.duration)
        #expect(abs(duration - 2) < 0.05)
    }

    @Test("Errors are counted by their kinds")
    func errors() throws {
        var stream = videoStream(groupCount: 3, tablesEvery: 20)
        stream.lose(of: 0x100)
        stream.pes(TestPicture.h264(.ordinary), pts: 1_008_000, marks: .init(pcr: 1_080_000 * 300))
        stream.payload([1, 2, 3], pid: 0x300, marks: .init(transportError: true))
        var section = TSBuilder.map([])
        section[section.count - 1] ^= 0xFF
        stream.section(section, pid: 0x1000)
        stream.pmt([.init(0x1B, 0x100), .init(0x03, 0x150)], version: 1)
        stream.raw(TestPicture.noise(100))
        stream.raw(videoStream(groupCount: 1).bytes)
        let errors = try analyze(stream.bytes).errors
        #expect(errors["Continuity_count_error"] ?? 0 >= 1)
        #expect(errors["Transport_error"] == 1)
        #expect(errors["CRC_error"] == 1)
        #expect(errors["PID_error"] == 1)
        #expect(errors["TS_sync_loss"] == 1)
        #expect(errors["Sync_byte_error"] == 100)
        #expect(errors["PAT_error"] ?? 0 >= 1)
        #expect(errors["PMT_error"] ?? 0 >= 1)
        #expect(errors["PCR_error"] ?? 0 >= 1)
    }

    @Test("The report says what a segmenter finds odd, and why a stream is not cut")
    func report() throws {
        let text = try analyze(videoStream(groupCount: 2, streamType: 0xEA).bytes).description
        #expect(text.contains("VC-1"))
        #expect(text.contains("random access points of this video codec are not known here"))
        #expect(text.contains("segments: 1"))
    }

    @Test("Input that is no transport stream is refused")
    func refusal() {
        #expect(throws: NotTransportStream.self) { try analyze(Array("ftypisom is no transport stream".utf8)) }
    }
}
