import Testing
import TrickleTesting

@testable import TrickleCore

@Suite struct PieceQueueTests {
    @Test(arguments: [1, 2, 3, 1_000, 100_000])
    func takingAllThatWaitsMovesEachElementAtMostOnce(count: Int) {
        var queue = PieceQueue<Int>()
        for number in 0..<count { queue.append(number) }
        #expect(queue.count == count)
        for number in 0..<count { #expect(queue.popFirst() == number) }
        #expect(queue.popFirst() == nil)
        #expect(queue.moveCount <= count)
    }

    /// Any order of its two ends' turns, beside an array.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func whatGoesInFirstComesOutFirst(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var queue = PieceQueue<Int>()
        var expected: [Int] = []
        var takenCount = 0
        for number in 0..<2_000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                queue.append(number)
                expected.append(number)
            case 2:
                #expect(queue.updateLast { $0 += 1 } == !expected.isEmpty)
                if !expected.isEmpty { expected[expected.count - 1] += 1 }
            default:
                #expect(queue.popFirst() == (expected.isEmpty ? nil : expected.removeFirst()))
                takenCount += 1
            }
            #expect(queue.count == expected.count)
            #expect(queue.isEmpty == expected.isEmpty)
        }
        #expect(queue.sum { $0 } == expected.reduce(0, +))
        #expect(queue.moveCount <= takenCount)
    }
}
