import MPEGTS
import Testing
import TrickleRelay
import TrickleTesting

/// What is said of streams that viewers see nothing of.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct MissingPictureTests {
    /// Pictures that come every nine seconds: without keyframes, a segment ends after four of them.
    private func clip(_ kind: TestPicture.H264, count: Int) -> [UInt8] {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)])
        for picture in 0..<count {
            let time = Int64(picture) * 9 * 90_000
            stream.pes(TestPicture.h264(kind), pts: time, marks: .init(pcr: time * 300))
        }
        return stream.bytes
    }

    private func warnings(_ log: LogLines) -> [String] { log.all.filter { $0.contains("no player can decode") } }

    @Test func `parts whose keyframes are lost are told of once, with what to do`() async throws {
        let log = LogLines()
        let bytes = clip(.ordinary, count: 40)
        try await withIngest(log: log) { relay in
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                let part = Array(bytes[start..<min(start + 1000, bytes.count)])
                let answer = try await putLive(part, "?pace=none&parts=1", to: relay)
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            }
        }
        let told = warnings(log)
        #expect(told.count == 1 && told.allSatisfy { $0.contains("tsparse") }, "\(log.all)")
    }

    @Test func `a body without keyframes is told of, too, and has no parts to blame`() async throws {
        let log = LogLines()
        try await withIngest(log: log) { relay in
            _ = try await putLive(clip(.ordinary, count: 40), to: relay)
        }
        let told = warnings(log)
        #expect(told.count == 1 && told.allSatisfy { $0.contains("keyframe") && !$0.contains("part") }, "\(log.all)")
    }

    @Test(arguments: ["?pace=none", "?pace=none&parts=1"])
    func `nothing is said where keyframes come`(query: String) async throws {
        let log = LogLines()
        try await withIngest(log: log) { relay in _ = try await putLive(clip(.idr, count: 40), query, to: relay) }
        #expect(warnings(log) == [])
    }
}
