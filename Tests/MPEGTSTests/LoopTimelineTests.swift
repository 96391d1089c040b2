import Testing
import TrickleTesting

@testable import MPEGTS

@Suite struct LoopTimelineTests {
    /// Two pictures a second with their clock references, and sound. The counters go on with those of `counters`.
    private func stream(from start: Int64, counters: inout TSBuilder) -> [UInt8] {
        counters.bytes = []
        for number in Int64(0)..<4 {
            let time = Timestamp(ticks: start + 45_000 * number)
            let clock = time.advanced(by: -9_000).ticks * 300 + 17
            counters.pes([0, 0, 0, 1, 9], pts: time.ticks, dts: time.ticks, marks: .init(pcr: clock))
            counters.pes([0xFF], pid: 0x101, streamID: 0xC0, pts: time.ticks)
        }
        return counters.bytes
    }

    @Test(arguments: [90_000, Timestamp.modulus - 50_000])
    func `a round goes on where the one before ended`(start: Int64) {
        var timeline = LoopTimeline()
        var first = TSBuilder()
        let round = stream(from: start, counters: &first)
        #expect(timeline.shift(round) == round)
        var expected = first
        for number in Int64(1)..<3 {
            timeline.beginAgain()
            // Four pictures of half a second each; the counters of a builder that goes on.
            let shifted = timeline.shift(round)
            #expect(shifted == stream(from: start + 180_000 * number, counters: &expected), "round \(number)")
        }
    }

    @Test func `cut anywhere between packets, it is the same`() {
        var (whole, cut) = (LoopTimeline(), LoopTimeline())
        var builder = TSBuilder()
        let round = stream(from: 0, counters: &builder)
        for _ in 0..<3 {
            var pieces: [UInt8] = []
            for start in stride(from: 0, to: round.count, by: TransportPacket.size) {
                pieces += cut.shift(Array(round[start..<start + TransportPacket.size]))
            }
            #expect(whole.shift(round) == pieces)
            whole.beginAgain()
            cut.beginAgain()
        }
    }
}
