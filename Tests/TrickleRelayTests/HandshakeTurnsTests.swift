import NIOCore
import NIOEmbedded
import Testing

@testable import TrickleRelay

/// A crowd that begins its handshakes in one go keeps nobody waiting.
@Suite struct HandshakeTurnsTests {
    private let eventLoop = EmbeddedEventLoop()
    private let turns: TurnQueue

    init() { turns = TurnQueue(eventLoop: eventLoop) }

    private func connection() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: HandshakeTurns(turns: turns), loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func passed(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    /// Takes up all of the turn under way.
    private func spendTurn() { turns.take(TurnQueue.allowance) }

    @Test func `the handshakes of a crowd begin in many turns`() throws {
        let crowd = try (0..<100).map { _ in try connection() }
        for channel in crowd { try channel.writeInbound(ByteBuffer(string: "hello")) }
        var begun = try crowd.count { try !passed($0).isEmpty }
        #expect((1...10).contains(begun))
        var turnCount = 0
        while begun < crowd.count, turnCount < 1000 {
            eventLoop.advanceTime(by: TurnQueue.distance)
            let more = try crowd.count { try !passed($0).isEmpty }
            #expect(more <= 10)
            begun += more
            turnCount += 1
        }
        #expect(begun == crowd.count)
        for channel in crowd { _ = try channel.finish() }
    }

    @Test func `what comes while a handshake waits follows it`() throws {
        let channel = try connection()
        spendTurn()
        for text in ["one ", "two ", "three"] { try channel.writeInbound(ByteBuffer(string: text)) }
        #expect(try passed(channel) == "")
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(try passed(channel) == "one two three")
        _ = try channel.finish()
    }

    @Test func `what waits when the handshake is over is a request, and goes on`() throws {
        let channel = try connection()
        spendTurn()
        try channel.writeInbound(ByteBuffer(string: "request"))
        let handler = try channel.pipeline.syncOperations.handler(type: HandshakeTurns.self)
        channel.pipeline.syncOperations.removeHandler(handler, promise: nil)
        #expect(try passed(channel) == "request")
        eventLoop.advanceTime(by: TurnQueue.distance)
        try channel.writeInbound(ByteBuffer(string: "another"))
        #expect(try passed(channel) == "another")
        _ = try channel.finish()
    }

    /// Counts what reaches the socket.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    /// Has a handler leave as soon as something has come.
    private final class Ending: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let handler: HandshakeTurns
        init(_ handler: HandshakeTurns) { self.handler = handler }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.pipeline.syncOperations.removeHandler(handler, promise: nil)
            context.fireChannelRead(data)
        }
    }

    @Test func `what was not read while the handshake's last bytes waited is read after its end`() throws {
        let (counter, handler) = (ReadCounter(), HandshakeTurns(turns: turns))
        let channel = EmbeddedChannel(handlers: [counter, handler, Ending(handler)], loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        spendTurn()
        try channel.writeInbound(ByteBuffer(string: "finished"))
        let before = counter.count
        channel.read()
        #expect(counter.count == before)
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(try passed(channel) == "finished")
        #expect(counter.count == before + 1)
        _ = try channel.finish()
    }

    @Test func `a client that sends no more while it waits is let go of`() throws {
        let channel = try connection()
        spendTurn()
        try channel.writeInbound(ByteBuffer(string: "hello"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!channel.isActive)
        eventLoop.advanceTime(by: TurnQueue.distance)
        #expect(try passed(channel) == "")
    }
}
