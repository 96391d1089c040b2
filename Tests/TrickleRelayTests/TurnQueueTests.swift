import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
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

    @Test func `a turn ends with its time, whatever is left of the allowance`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var now = NIODeadline.uptimeNanoseconds(1 << 40)
        turns.now = { now }
        var count = 0
        for _ in 0..<100 {
            turns.append {
                count += 1
                turns.take(1)
                now = now + .nanoseconds(TurnQueue.time.nanoseconds / 4)
            }
        }
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(count == 5)
        #expect(turns.unitsLeft == 0)
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(count == 10)
    }

    @Test func `what is taken now and then uses no time up`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var now = NIODeadline.uptimeNanoseconds(1 << 40)
        turns.now = { now }
        for _ in 0..<10 {
            turns.take(1)
            now = now + .milliseconds(5)
        }
        #expect(turns.unitsLeft == TurnQueue.allowance - 10)
    }

    @Test func `media and the rest come in turn`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var order: [Int] = []
        for number in 0..<3 { turns.append { order.append(number) } }
        for number in 10..<12 { turns.append(isMedia: true) { order.append(number) } }
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(order == [10, 0, 11, 1, 2])
    }

    @Test func `new connections are set up at once, a limited number in each turn, and after all others`() {
        let turns = TurnQueue(eventLoop: eventLoop)
        var order: [Int] = []
        for number in 0..<TurnQueue.arrivalsPerTurn * 2 { turns.admit { order.append(number) } }
        #expect(order == Array(0..<TurnQueue.arrivalsPerTurn))
        turns.append { order.append(-1) }
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(order.count == TurnQueue.arrivalsPerTurn * 2 + 1)
        #expect(order[TurnQueue.arrivalsPerTurn] == -1)
        #expect(order.last == TurnQueue.arrivalsPerTurn * 2 - 1)
    }

    @Test func `with a bell, a socket that is ready is served between two turns`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let turns = NIOLoopBoundBox.makeBoxSendingValue(TurnQueue(eventLoop: eventLoop), eventLoop: eventLoop)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let served = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: eventLoop)
        try await eventLoop.flatSubmit {
            Doorbell.hang(on: turns.value)
            return NIOPipeBootstrap(group: eventLoop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Served(served))
                }
            }.takingOwnershipOfDescriptor(input: readEnd)
        }.map { (_: any Channel) in }.get()
        let turnCount = eventLoop.makePromise(of: Int.self)
        eventLoop.execute {
            _ = write(writeEnd, "x", 1)
            var count = 0
            // What each turn leaves to do takes longer than until a task that it put off for some time would be ready.
            func again() {
                count += 1
                guard !served.value, count < 1000 else { return turnCount.succeed(count) }
                turns.value.append { again() }
                eventLoop.execute {
                    let end = NIODeadline.now() + TurnQueue.distance * 2
                    while .now() < end {}
                }
            }
            again()
        }
        #expect(try await turnCount.futureResult.get() < 1000)
        close(writeEnd)
        try await group.shutdownGracefully()
    }
}

private final class Served: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let flag: NIOLoopBoundBox<Bool>

    init(_ flag: NIOLoopBoundBox<Bool>) { self.flag = flag }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { flag.value = true }
}
