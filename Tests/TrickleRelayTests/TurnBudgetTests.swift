import NIOCore
import Testing

@testable import TrickleRelay

@Suite struct TurnBudgetTests {
    private let budget = TurnBudget()

    /// How many readers are served in one turn, each of whom takes so many bytes.
    private func readers(taking byteCount: Int) -> Int {
        budget.begin()
        var count = 0
        while !budget.isSpent {
            budget.send(byteCount)
            budget.takeReader()
            count += 1
        }
        return count
    }

    @Test func `a turn is so many readers while there is time`() {
        budget.timePerTurn = .hours(1)
        #expect(readers(taking: 1 << 20) == TurnBudget.readerCount)
        #expect(readers(taking: 1) == TurnBudget.readerCount)
    }

    @Test func `the clock is looked at after few readers who take much, and after some who take little`() {
        budget.timePerTurn = .zero
        #expect(readers(taking: 1 << 20) == 1)
        #expect(readers(taking: TurnBudget.bytesPerCut) == 2)
        #expect(readers(taking: 100) == 16)
    }

    @Test func `fewer of those who have waited make a turn, for they ask again at once`() {
        budget.timePerTurn = .hours(1)
        budget.begin()
        var count = 0
        while !budget.isSpent {
            budget.takeWaitingReader()
            count += 1
        }
        #expect(count == TurnBudget.waitingReaderCount)
        #expect(count <= TurnBudget.readerCount / 4)
    }

    @Test func `the clock is looked at among those who have waited, also behind one who has not`() {
        budget.timePerTurn = .zero
        budget.begin()
        budget.takeReader()
        budget.takeWaitingReader()
        #expect(!budget.isSpent)
        budget.takeWaitingReader()
        #expect(budget.isSpent)
    }
}
