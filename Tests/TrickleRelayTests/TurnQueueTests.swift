import NIOCore
import NIOEmbedded
import Testing

@testable import TrickleRelay

/// Between two turns the event loop has nothing that is ready, and looks after its sockets.
@Suite struct TurnQueueTests {
    private let eventLoop = EmbeddedEventLoop()

    @Test func `what is put off waits for the next turn`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var order: [Int] = []
        turns.append {
            order.append(1)
            turns.append { order.append(3) }
        }
        turns.append { order.append(2) }
        eventLoop.run()
        #expect(order == [])
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(order == [1, 2])
        eventLoop.run()
        #expect(order == [1, 2])
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(order == [1, 2, 3])
    }

    @Test func `a turn ends with its allowance, and the rest has the next`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var count = 0
        for _ in 0..<10 {
            turns.append {
                count += 1
                turns.take(TurnQueue.allowance / 2)
            }
        }
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(count == 2)
        #expect(turns.unitsLeft == 0)
        for _ in 0..<4 { eventLoop.advanceTime(by: TurnQueue.distance) }
        #expect(count == 10)
    }
}
