import Testing

@testable import TestBench

@Suite struct DemoTests {
    @Test func `a byte's delay is from its way in to its way out, however the bytes are cut`() {
        let start = ContinuousClock.now
        var ledger = DelayLedger()
        ledger.went(in: 100, now: start)
        ledger.went(in: 100, now: start + .milliseconds(10))
        ledger.came(out: 99, now: start + .milliseconds(15))
        #expect(ledger.delays.count == 0)
        ledger.came(out: 1, now: start + .milliseconds(20))
        #expect(ledger.delays.count == 1)
        ledger.came(out: 100, now: start + .milliseconds(20))
        #expect(ledger.delays.count == 2)
        #expect(ledger.byteCountIn == ledger.byteCountOut)
        let quantiles = [0.5, 1].compactMap { ledger.delays.quantile($0) }
        #expect(quantiles.count == 2)
        #expect((Duration.milliseconds(10)...(.microseconds(10_625))).contains(quantiles[0]))
        #expect((Duration.milliseconds(20)...(.microseconds(21_250))).contains(quantiles[1]))
    }

    @Test func `a ledger forgets what has come out`() {
        let start = ContinuousClock.now
        var ledger = DelayLedger()
        for index in 0..<5000 {
            ledger.went(in: 10, now: start + .milliseconds(index))
            ledger.came(out: 10, now: start + .milliseconds(index + 1))
        }
        #expect(ledger.delays.count == 5000)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 31, 32, 1000, 123_456, 98_765_432])
    func `a quantile is at most a sixteenth too high, and never too low`(microseconds: Int) {
        var histogram = DelayHistogram()
        histogram.add(.microseconds(microseconds))
        let quantile = histogram.quantile(0.99) ?? .zero
        #expect(quantile >= .microseconds(microseconds))
        #expect(quantile <= .microseconds(microseconds + microseconds / 16))
    }

    @Test func `quantiles split the samples`() {
        var histogram = DelayHistogram()
        #expect(histogram.quantile(0.5) == nil)
        for value in 1...10 { histogram.add(.microseconds(value)) }
        #expect(histogram.quantile(0.5) == .microseconds(5))
        #expect(histogram.quantile(0.99) == .microseconds(10))
    }

    @Test func `measures are read from what the programs say`() {
        var measures = DemoMeasures()
        let isProgress = [
            measures.read(sourceLine: "frame=  42"), measures.read(sourceLine: "out_time=00:00:01.0"),
            measures.read(sourceLine: "[mpegts @ 0x1] [warning] a=b"),
        ]
        #expect(isProgress == [true, true, false])
        #expect(measures.framesIn == 42)
        let isReader = [
            measures.read(readerLine: "segment 3, 1.0 MB, 2.0 Mbit/s, 0:03"),
            measures.read(readerLine: "read2pipe: error: no"),
        ]
        #expect(isReader == [true, false])
        #expect(measures.segments == 4)
        let isSummary = measures.read(readerLine: "read2pipe: read 5 segments, 1.0 MB in 4.0 s")
        #expect(isSummary)
        #expect(measures.segments == 5)
    }

    @Test func `whatever is missing is a fault`() {
        var measures = DemoMeasures()
        #expect(!measures.faults.isEmpty)
        measures.framesIn = 30
        measures.framesOut = 30
        measures.ledger.went(in: 5, now: .now)
        measures.ledger.came(out: 5, now: .now)
        (measures.sourceDigest, measures.sinkDigest) = ("a", "a")
        #expect(measures.faults.isEmpty)
        measures.framesOut = 29
        #expect(measures.faults.count == 1)
        measures.sinkDigest = "b"
        #expect(measures.faults.count == 2)
    }
}
