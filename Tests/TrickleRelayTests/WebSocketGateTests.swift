import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// What a WebSocket client sends goes on as far as it is read and answered.
@Suite struct WebSocketGateTests {
    /// Answers each message, or none.
    private final class Role: WebSocketRole {
        let answers: Bool
        private(set) var messageCount = 0

        init(answers: Bool) { self.answers = answers }

        func opened(_ connection: WebSocketConnection) {}
        func received(_ bytes: ByteBuffer, isText: Bool, begins: Bool, ends: Bool) throws(WebSocketEnding) {
            messageCount += 1
        }
        func closed(_ ending: WebSocketEnding?) {}
    }

    private func channel(_ role: Role) throws -> EmbeddedChannel {
        let eventLoop = EmbeddedEventLoop()
        let lane = RelayLane.alone(on: eventLoop)
        let connection = WebSocketConnection(role)
        let channel = EmbeddedChannel(
            handlers: [
                WebSocketGate(lane, client: .unknown, before: connection),
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 16)), connection,
            ], loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test func `who does not read its answers gets no more of them to keep`() throws {
        let role = Role(answers: true)
        let channel = try channel(role)
        let frame = WebSocketClient.frame(2, [1, 2, 3])
        try channel.writeInbound(frame)
        channel.isWritable = false
        for _ in 0..<3 { try channel.writeInbound(frame) }
        #expect(role.messageCount == 1)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(role.messageCount == 4)
        _ = try? channel.finish()
    }

    @Test func `who gets no answers is heard, however much waits for it`() throws {
        let role = Role(answers: false)
        let channel = try channel(role)
        channel.isWritable = false
        try channel.writeInbound(WebSocketClient.frame(2, [1, 2, 3]))
        #expect(role.messageCount == 1)
        _ = try? channel.finish()
    }

    @Test func `many small frames of one read take many turns`() throws {
        let role = Role(answers: false)
        let channel = try channel(role)
        var read = ByteBuffer()
        for _ in 0..<10_000 { read.writeImmutableBuffer(WebSocketClient.frame(2, [1])) }
        try channel.writeInbound(read)
        #expect(role.messageCount < 5_000)
        for _ in 0..<1_000 { channel.embeddedEventLoop.advanceTime(by: TurnQueue.distance) }
        #expect(role.messageCount == 10_000)
        _ = try? channel.finish()
    }
}
