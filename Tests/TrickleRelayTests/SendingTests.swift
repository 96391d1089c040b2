import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// What the socket does not take at once leaves later, in order.
@Suite struct SendingTests {
    /// A connection whose socket takes no byte, so that all goes to the queue, which is the channel's outbound side.
    private func withFullSocket(_ body: (HTTP1Connection, EmbeddedChannel) throws -> Void) throws {
        var descriptors: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
        defer { for descriptor in descriptors { close(descriptor) } }
        _ = fcntl(descriptors[0], F_SETFL, O_NONBLOCK)
        let block = [UInt8](repeating: 0, count: 64 << 10)
        for size in [block.count, 1] { while send(descriptors[0], block, size, 0) > 0 {} }

        let channel = EmbeddedChannel()
        let lane = RelayLane.alone(on: channel.eventLoop)
        let census = ConnectionCensus(maximumPerAddress: 1, logger: Logger(label: "test"))
        let seat = try #require(census.seat(for: .unknown))
        let connection = HTTP1Connection(lane: lane, descriptor: descriptors[0], seat: seat)
        connection.gate = try RequestDecoding.addHandlers(to: channel.pipeline.syncOperations)
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(connection, channel)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// A connection whose exchange waits for a segment, and leaves the sending to the test.
    private func withWaitingExchange(_ body: (HTTP1Connection, EmbeddedChannel) throws -> Void) throws {
        try withFullSocket { connection, channel in
            let name = try ChannelName("cam")
            try connection.lane.store.perform(on: connection.lane) { (store, now) throws(RelayRefusal) in
                try store.createChannel(name, contentType: nil, now: now)
            }
            try channel.writeInbound(ByteBuffer(string: PlainRequest.get("/cam/0")))
            #expect(connection.state == .answering)
            try body(connection, channel)
        }
    }

    private func sent(_ channel: EmbeddedChannel) throws -> [String] {
        var texts: [String] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { texts.append(String(buffer: bytes)) }
        return texts
    }

    @Test func aSingleByteThatIsLeftKeepsTheNextPieceBehindIt() throws {
        try withWaitingExchange { connection, channel in
            // As a network that takes nothing: what is written stays in the queue.
            let network = ClosedValve()
            try channel.pipeline.syncOperations.addHandler(network, position: .first)
            connection.send([ByteBuffer(string: "\n")])
            #expect(!connection.isWritable)
            connection.send([ByteBuffer(string: "next")])
            let early = try sent(channel)
            #expect(early.isEmpty)
            network.open()
            let all = try sent(channel)
            #expect(all == ["\n", "next"])
            #expect(connection.isWritable)
        }
    }

    @Test func whatTheSocketLeavesOfSeveralBuffersIsQueuedInOrder() throws {
        try withWaitingExchange { connection, channel in
            connection.send([ByteBuffer(string: "a"), ByteBuffer(string: "bc"), ByteBuffer(string: "def")])
            let all = try sent(channel)
            #expect(all == ["a", "bc", "def"])
            #expect(connection.isWritable)
        }
    }

    @Test func aPieceIsQueuedFromTheFirstByteThatTheSocketDidNotTake() throws {
        try withWaitingExchange { connection, channel in
            let piece = ByteBuffer(string: "piece")
            piece.withUnsafeReadableBytes { bytes in connection.send(bytes) { piece.from($0) } }
            let all = try sent(channel)
            #expect(all == ["piece"])
        }
    }

    /// A connection whose answer waits for a network that takes nothing.
    private func withAnswerUnderWay(
        to request: String, _ body: (HTTP1Connection, EmbeddedChannel, ClosedValve) throws -> Void
    ) throws {
        try withFullSocket { connection, channel in
            let network = ClosedValve()
            try channel.pipeline.syncOperations.addHandler(network, position: .first)
            try channel.writeInbound(ByteBuffer(string: request))
            try body(connection, channel, network)
        }
    }

    private static let request = PlainRequest.get("/cam/next")
    /// HTTP/1.0: no other follows.
    private static let lastRequest = "GET /cam/next HTTP/1.0\r\n\r\n"
    private static let answer = "\r\n\r\nStream not found\n"

    @Test func theLastAnswerMayTakeAsLongAsAnyOther() throws {
        try withAnswerUnderWay(to: Self.lastRequest) { connection, channel, network in
            channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            connection.checkDeadlines(now: .now() + .seconds(20))
            #expect(channel.isActive)
            network.open()
            let text = try sent(channel).joined()
            #expect(text.hasSuffix(Self.answer))
            connection.checkDeadlines(now: .now() + .seconds(20))
            #expect(!channel.isActive)
            #expect(connection.lane.counts.readersStalled == 0)
        }
    }

    @Test func aClientThatDoesNotTakeTheLastAnswerIsCut() throws {
        try withAnswerUnderWay(to: Self.lastRequest) { connection, channel, _ in
            connection.checkDeadlines(now: .now() + .seconds(31))
            #expect(!channel.isActive)
            #expect(connection.lane.counts.readersStalled == 1)
        }
    }

    @Test func aClientThatDoesNotTakeAnAnswerGetsNoMoreTimeByAnotherRequest() throws {
        try withAnswerUnderWay(to: Self.request) { connection, channel, _ in
            try channel.writeInbound(ByteBuffer(string: PlainRequest.get("/cam/0")))
            connection.checkDeadlines(now: .now() + .seconds(31))
            #expect(!channel.isActive)
        }
    }

    @Test func anAnswerThatHasNotLeftSurvivesTheRelaysEnd() throws {
        try withAnswerUnderWay(to: Self.request) { connection, channel, network in
            connection.relayDrains()
            network.open()
            let text = try sent(channel).joined()
            #expect(text.hasSuffix(Self.answer))
        }
    }

    @Test func howeverManyRequestsWaitBehindAnAnswerTheyAreAnsweredOneAfterTheOther() throws {
        let name = try ChannelName("cam")
        try withFullSocket { connection, channel in
            let lane = connection.lane
            try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                try store.createChannel(name, contentType: nil, now: now)
            }
            let requests = PlainRequest.get("/cam/0") + String(repeating: PlainRequest.get("/none/0"), count: 5000)
            try channel.writeInbound(ByteBuffer(string: requests))
            let early = try sent(channel)
            #expect(early.isEmpty)
            try lane.store.perform(on: lane) { (store, now) throws(RelayRefusal) in
                try store.closeChannel(name, now: now)
            }
            func answerCount() throws -> Int { try sent(channel).count { $0.hasPrefix("HTTP/1.1 ") } }
            let first = try answerCount()
            #expect(first == 1)
            var counts = [first]
            // The queue takes all at once, and says that it is empty when it is asked.
            while counts.last != 0 {
                channel.pipeline.fireChannelWritabilityChanged()
                channel.embeddedEventLoop.advanceTime(by: TurnQueue.distance)
                counts.append(try answerCount())
            }
            #expect(counts.reduce(0, +) == 5001)
            #expect(counts.max() == 1)
        }
    }

    @Test func whoDoesNotTakeAnAnswerGetsNoOther() throws {
        try withFullSocket { connection, channel in
            let network = ClosedValve()
            try channel.pipeline.syncOperations.addHandler(network, position: .first)
            let requests = String(repeating: PlainRequest.get("/none/0"), count: 1000)
            try channel.writeInbound(ByteBuffer(string: requests))
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(network.byteCount < 1000)
            connection.checkDeadlines(now: .now() + .seconds(20))
            try channel.writeInbound(ByteBuffer(string: requests))
            connection.checkDeadlines(now: .now() + .seconds(31))
            #expect(!channel.isActive)
        }
    }

    @Test func buffersEndAtAnyOffset() {
        let buffer = ByteBuffer(string: "xpiece").getSlice(at: 1, length: 5)!
        for offset in 0...5 { #expect(String(buffer: buffer.from(offset)) == String("piece".dropFirst(offset))) }
    }
}

/// Keeps what is written until it is opened.
private final class ClosedValve: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private var held: [(NIOAny, EventLoopPromise<Void>?)] = []
    private var isOpen = false
    var byteCount: Int { held.reduce(0) { $0 + unwrapOutboundIn($1.0).readableBytes } }
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOpen { context.write(data, promise: promise) } else { held.append((data, promise)) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all {
            for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
            held = []
        }
        context.close(mode: mode, promise: promise)
    }

    func flush(context: ChannelHandlerContext) { if isOpen { context.flush() } }

    func open() {
        isOpen = true
        for (data, promise) in held { context?.write(data, promise: promise) }
        held = []
        context?.flush()
    }
}
