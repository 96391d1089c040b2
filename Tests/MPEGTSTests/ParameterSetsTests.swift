import Testing

@testable import MPEGTS

@Suite struct ParameterSetsTests {
    private let start: [UInt8] = [0, 0, 0, 1]

    @Test func `a unit is kept once, and also where its bytes are part of another`() {
        var sets = ParameterSets()
        sets.beginAccessUnit()
        sets.add([0x67, 0x68, 0x01, 0x02], isForSequence: true)
        for _ in 0..<3 { sets.add([0x68, 0x01], isForSequence: false) }
        #expect(sets.bytes == start + [0x67, 0x68, 0x01, 0x02] + start + [0x68, 0x01])
    }

    @Test func `those of a new sequence replace all before`() {
        var sets = ParameterSets()
        for number in UInt8(0)..<2 {
            sets.beginAccessUnit()
            sets.add([0x67, number], isForSequence: true)
            sets.add([0x68], isForSequence: false)
        }
        #expect(sets.bytes == start + [0x67, 1] + start + [0x68])
    }

    @Test func `what goes beyond the limit is not kept, and what is smaller still is`() {
        var sets = ParameterSets()
        sets.beginAccessUnit()
        sets.add([UInt8](repeating: 0x67, count: ParameterSets.maximumByteCount - 10), isForSequence: true)
        sets.add([UInt8](repeating: 0x68, count: 100), isForSequence: false)
        sets.add([0x68, 1], isForSequence: false)
        #expect(sets.bytes.count == ParameterSets.maximumByteCount)
        #expect(sets.bytes.suffix(6) == start + [0x68, 1])
    }
}
