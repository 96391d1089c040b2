import MPEGTS
import Testing
import TrickleTesting

@Suite("What is held back")
struct LatencyTests {
    /// Feeds packet by packet; tells how many bytes are held back after each.
    private func heldBack(_ stream: TSBuilder, fromPacket first: Int) throws -> [Int] {
        var configuration = GOPSegmenter.Configuration()
        configuration.startsAtFirstRandomAccessPoint = false
        var segmenter = GOPSegmenter(configuration)
        var out = 0
        var held: [Int] = []
        for (index, packet) in stream.packets.enumerated() {
            var repeated = 0
            try segmenter.receive(packet.span.bytes) { event in
                if case .bytes(let bytes) = event { out += bytes.byteCount }
                if case .segmentEnded = event { repeated += 1 }
            }
            #expect(repeated <= 1)
            if index >= first { held.append((index + 1) * 188 - out) }
        }
        return held
    }

    @Test("Of an ordinary stream nothing is held back but tables and the packet that begins a picture")
    func ordinaryStream() throws {
        // All pictures show their slice in their first packet.
        let stream = videoStream(picture: { TestPicture.h264($1 ? .idr : .ordinary, size: 600) })
        let held = try heldBack(stream, fromPacket: 8)
        // An association table and a map wait for what comes next; the picture behind them decides at once.
        #expect(held.max() == 2 * 188)
        #expect(held.filter { $0 > 0 }.count == 2 * 3)
    }

    @Test("A picture's packets leave as soon as its first slice begins, not when it is whole")
    func firstSlice() throws {
        let message = [5, 0xFF, 0xFF, 0xFF, 35] + [UInt8](repeating: 0xAA, count: 800)
        let stream = videoStream(picture: {
            TestPicture.h264($1 ? .idr : .ordinary, size: 20_000, extraMessage: message)
        })
        let held = try heldBack(stream, fromPacket: 8)
        // Two of tables, and four with parameter sets and messages; the fifth has the slice.
        #expect(held.max() == (2 + 4) * 188)
    }

    @Test("A picture that never shows a slice is held back for 64 KiB at most")
    func undecided() throws {
        var stream = videoStream(groupCount: 1)
        stream.pes(TestPicture.startCode + [0x06, 5] + [UInt8](repeating: 0xFF, count: 300_000), pts: 950_000)
        let held = try heldBack(stream, fromPacket: 8)
        #expect((held.max() ?? 0) <= GOPSegmenter.maximumHeldByteCount)
        #expect((held.max() ?? 0) > GOPSegmenter.maximumHeldByteCount - 2 * 188)
        let recording = try expectAnyChunking(stream.bytes)
        #expect(recording.notices == [.undecidedAccessUnit])
        #expect(recording.bytes == stream.bytes)
    }

    @Test("Tables without end are held back for 64 KiB at most")
    func onlyTables() throws {
        var stream = videoStream(groupCount: 1)
        for _ in 0..<1000 { stream.pat() }
        #expect((try heldBack(stream, fromPacket: 8).max() ?? 0) <= GOPSegmenter.maximumHeldByteCount)
    }

    @Test("From the first packet on: what comes before the first random access point is a segment of its own")
    func fromStart() throws {
        var configuration = GOPSegmenter.Configuration()
        configuration.startsAtFirstRandomAccessPoint = false
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for index in 0..<5 { stream.pes(TestPicture.h264(.ordinary), pts: Int64(index) * 3600) }
        stream.raw(videoStream(firstPTS: 5 * 3600).bytes)
        let recording = try expectAnyChunking(stream.bytes, configuration)
        #expect(recording.reasons == [.streamStart] + Array(repeating: .randomAccessPoint(.idr), count: 4))
        let comparison = TSComparison(output: recording.bytes, input: stream.bytes, renumbered: [.pat, 0x1000])
        #expect(comparison.difference == nil)
        #expect(comparison.skippedCount == 0)
    }

    @Test("Runs of packets are handed on as one piece")
    func runs() throws {
        let stream = videoStream(groupCount: 4, groupLength: 50)
        let recording = try TSRecording(stream.bytes, pieceSizes: [64 << 10])
        #expect(recording.pieceCount <= 2 * (stream.bytes.count / (64 << 10) + 1) + 2 * recording.segments.count)
    }
}
