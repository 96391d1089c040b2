import Logging
import NIOCore
import NIOTLS
import Testing
import TrickleRelay
import TrickleTesting

/// What the relay makes of a handler of TLS: here one that encrypts nothing.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SecureListenerTests {
    /// Shakes hands when the client has said "hello".
    private final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private var isOver = false

        struct Failure: Error {}

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isOver else { return context.fireChannelRead(data) }
            var bytes = unwrapInboundIn(data)
            guard bytes.readString(length: 5) == "hello" else { return context.fireErrorCaught(Failure()) }
            isOver = true
            context.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
            if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
        }
    }

    private struct NoHandler: Error {}

    private func withRelay(
        _ make: @escaping @Sendable () throws -> any ChannelHandler = { Handshake() },
        _ body: (RelayServer, _ port: Int) async throws -> Void
    ) async throws {
        try await withRelayServer {
            $0.listensInTheClear = false
            $0.secure = SecureListener(host: "127.0.0.1", port: 0, makeHandler: make)
        } _: { relay in
            try await body(relay, try #require(relay.securePort))
        }
    }

    private func isLeft(_ relay: RelayServer) async throws {
        for name in ["connections", "client_addresses"] { try await relay.tells("trickle_\(name) 0") }
    }

    @Test func `requests are answered after the handshake`() async throws {
        try await withRelay { relay, port in
            #expect(relay.url == "https://127.0.0.1:\(port)/")
            for head in ["hello", "hello\(PlainRequest.get("/cam/next"))"] {
                try await PlainClient.with(port: port) { client in
                    try await client.send(head)
                    if head == "hello" { try await client.send(PlainRequest.get("/cam/next")) }
                    #expect(try await client.answer().hasPrefix("HTTP/1.1 404 "))
                }
            }
            try await isLeft(relay)
        }
    }

    @Test func `a handshake that fails ends the connection, and leaves nothing behind`() async throws {
        try await withRelay { relay, port in
            try await PlainClient.with(port: port) { client in
                try await client.send("GET / HTTP/1.1\r\n\r\n")
                #expect(await client.rest() == "")
            }
            try await isLeft(relay)
        }
    }

    @Test func `who goes before the handshake leaves nothing behind`() async throws {
        try await withRelay { relay, port in
            try await PlainClient.with(port: port) { _ in try await relay.tells("trickle_client_addresses 1") }
            try await isLeft(relay)
        }
    }

    @Test func `where no handler can be had, the connection ends`() async throws {
        try await withRelay({ throw NoHandler() }) { relay, port in
            try await PlainClient.with(port: port) { client in #expect(await client.rest() == "") }
            try await isLeft(relay)
        }
    }
}
