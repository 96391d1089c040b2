import Testing
import TrickleTesting

@testable import TrickleCore

@Suite struct LiveBacklogTests {
    private func steps(_ backlog: inout LiveBacklog) -> [LiveBacklog.Step] {
        var steps: [LiveBacklog.Step] = []
        while let step = backlog.take() {
            steps.append(step)
            if step == .finish { break }
        }
        return steps
    }

    @Test func whatTheRelayTakesAtOnceGoesThrough() {
        var backlog = LiveBacklog()
        backlog.begin()
        backlog.append([1])
        #expect(steps(&backlog) == [.begin, .bytes([1])])
        backlog.append([2])
        #expect(steps(&backlog) == [.bytes([2])])
        backlog.begin()
        backlog.append([3])
        backlog.finish()
        #expect(steps(&backlog) == [.begin, .bytes([3]), .finish])
        #expect(backlog.droppedCount == 0)
    }

    @Test func theOldestThatHasNotBegunIsDroppedWhole() {
        var backlog = LiveBacklog(maximumBehind: 2)
        backlog.begin()
        #expect(backlog.take() == .begin)
        backlog.append([0])
        for number in 1...5 as ClosedRange<UInt8> {
            backlog.begin()
            backlog.append([number, number])
        }
        backlog.finish()
        // What had begun is sent to its end; three numbers are ended empty; the last two are sent.
        let expected: [LiveBacklog.Step] = [
            .bytes([0]), .skip, .skip, .skip, .begin, .bytes([4, 4]), .begin, .bytes([5, 5]), .finish,
        ]
        #expect(steps(&backlog) == expected)
        #expect(backlog.droppedCount == 3)
    }

    @Test func aSegmentThatAloneIsTooLongIsBrokenOff() {
        var backlog = LiveBacklog(maximumBehind: 2, maximumByteCount: 3)
        backlog.begin()
        #expect(backlog.take() == .begin)
        backlog.append([1, 2])
        backlog.append([3, 4])
        #expect(backlog.take() == .abort)
        backlog.append([5])
        #expect(backlog.take() == nil)
        backlog.begin()
        backlog.append([6])
        backlog.finish()
        #expect(steps(&backlog) == [.begin, .bytes([6]), .finish])
        #expect(backlog.droppedCount == 1)
    }

    @Test func aSegmentThatWaitsAndIsTooLongIsDropped() {
        var backlog = LiveBacklog(maximumBehind: 2, maximumByteCount: 3)
        backlog.begin()
        backlog.append([1, 2, 3, 4])
        backlog.append([5])
        backlog.begin()
        backlog.append([6])
        backlog.finish()
        #expect(steps(&backlog) == [.skip, .begin, .bytes([6]), .finish])
    }

    @Test func aSegmentOfManyPiecesComesInTheirOrder() {
        var backlog = LiveBacklog()
        backlog.begin()
        for number in 0..<50_000 { backlog.append([UInt8(truncatingIfNeeded: number)]) }
        backlog.finish()
        #expect(backlog.take() == .begin)
        for number in 0..<50_000 { #expect(backlog.take() == .bytes([UInt8(truncatingIfNeeded: number)])) }
        #expect(backlog.take() == .finish)
    }

    /// Any order of a source's and a relay's turns: every segment comes whole, or not at all, or is broken off and so told; in order;
    /// and one number for each.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func everySegmentComesWholeOrNotAtAll(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let limit = Int.random(in: 1...4, using: &random)
        var backlog = LiveBacklog(maximumBehind: limit, maximumByteCount: 40)
        var published: [[UInt8]] = []
        var received: [[UInt8]?] = []
        var isOver = false
        func take() {
            switch backlog.take() {
            case .begin: received.append([])
            case .bytes(let bytes): received[received.count - 1]! += bytes
            case .skip: received.append(nil)
            case .abort: received[received.count - 1] = nil
            case .finish: isOver = true
            case nil: break
            }
        }
        for number in 0..<30 as Range<UInt8> {
            backlog.begin()
            published.append([])
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let bytes = [UInt8](repeating: number, count: Int.random(in: 1...12, using: &random))
                backlog.append(bytes)
                published[Int(number)] += bytes
                for _ in 0..<Int.random(in: 0...2, using: &random) { take() }
            }
        }
        backlog.finish()
        for _ in 0..<1000 where !isOver { take() }
        #expect(isOver)
        #expect(received.count == published.count)
        for (sent, came) in zip(published, received) where came != nil { #expect(sent == came) }
        #expect(received.count { $0 == nil } == backlog.droppedCount)
    }
}
