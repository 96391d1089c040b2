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
        // Each turn begins the next, and the other pipe has something to read since the first.
        let turns = NIOLoopBoundBox.makeBoxSendingValue(TurnQueue(eventLoop: eventLoop), eventLoop: eventLoop)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let isServed = eventLoop.makePromise(of: Void.self)
        try await eventLoop.flatSubmit {
            Doorbell.hang(on: turns.value)
            return NIOPipeBootstrap(group: eventLoop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Served(isServed))
                }
            }.takingOwnershipOfDescriptor(input: readEnd)
        }.map { (_: any Channel) in }.get()
        eventLoop.execute {
            func again() { turns.value.append { again() } }
            again()
            _ = write(writeEnd, "x", 1)
        }
        try await isServed.futureResult.get()
        close(writeEnd)
        try await group.shutdownGracefully()
    }
}

private final class Served: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed() }
}
