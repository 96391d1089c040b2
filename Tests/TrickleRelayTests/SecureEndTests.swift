import NIOCore
import NIOTLS
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// How connections end behind a handler of TLS whose clients never say goodbye: here one that encrypts nothing.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SecureEndTests {
    /// Shakes hands at the client's "hello", and says "goodbye". The client's own goodbye does not come.
    private final class OneSidedGoodbye: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let name: String?
        private var isOver = false
        private var ends: EventLoopPromise<Void>?

        init(_ name: String?) { self.name = name }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isOver else { return context.fireChannelRead(data) }
            var bytes = unwrapInboundIn(data)
            guard bytes.readString(length: 5) == "hello" else { return }
            isOver = true
            context.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: name))
            if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "goodbye")), promise: nil)
            ends.setOrCascade(to: promise)
        }

        func channelInactive(context: ChannelHandlerContext) {
            ends.take()?.succeed()
            context.fireChannelInactive()
        }
    }

    /// The beginning of HTTP/2, with no settings.
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\u{4}\0\0\0\0\0"

    private func withRelay(speaking name: String?, _ body: (RelayServer, _ securePort: Int) async throws -> Void)
        async throws
    {
        try await withRelayServer {
            $0.secure = SecureListener(host: "127.0.0.1", port: 0) { OneSidedGoodbye(name) }
            $0.limits.publisherLingerDuration = .zero
            $0.shutdownTimeout = .seconds(3600)
            $0.lingerTime = .seconds(3600)
        } _: { relay in
            try await body(relay, try #require(relay.securePort))
        }
    }

    /// The frames' types up to GOAWAY. A PING is answered.
    private func framesToGoodbye(_ client: PlainClient) async throws -> [UInt8] {
        var types: [UInt8] = []
        while types.last != 7 {
            let head = try await client.read(count: 9)
            try #require(head.count == 9, "the connection ends behind frames of the types \(types)")
            types.append(head[3])
            let payload = try await client.read(count: head[..<3].reduce(0) { $0 << 8 | Int($1) })
            if head[3] == 6 { try await client.send(ByteBuffer(bytes: head[..<4] + [1] + head[5...] + payload)) }
        }
        return types
    }

    @Test func `a connection between requests does not hold the relay's end up`() async throws {
        try await withRelay(speaking: nil) { relay, port in
            try await PlainClient.with(port: port) { client in
                try await client.send("hello" + PlainRequest.get("/_channels"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                await relay.shutDown()
            }
        }
    }

    @Test func `a connection of HTTP-2 without streams does not hold the relay's end up`() async throws {
        try await withRelay(speaking: "h2") { relay, port in
            try await PlainClient.with(port: port) { client in
                try await client.send("hello" + Self.preface)
                try await relay.tells("trickle_connections 1")
                await relay.shutDown()
                #expect(try await framesToGoodbye(client).contains(4))
            }
        }
    }

    @Test(arguments: [false, true])
    func `a client that waited and does not close is not waited for`(isSecure: Bool) async throws {
        try await withRelay(speaking: nil) { relay, port in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.create("/cam"))
                _ = try await client.answer()
                try await PlainClient.with(port: isSecure ? port : relay.port) { reader in
                    try await reader.send((isSecure ? "hello" : "") + PlainRequest.get("/cam/0"))
                    try await relay.hasTakenIn("GET")
                    await relay.shutDown()
                    let answer = try await reader.answer()
                    #expect(
                        answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("\r\nConnection: close\r\n"), "\(answer)")
                }
            }
        }
    }

    @Test func `a handshake that ends while the relay goes down gets 503 at once`() async throws {
        try await withRelay(speaking: nil) { relay, port in
            try await whileGoingDown(relay, port) { client in
                try await client.send("hello")
                let answer = try await client.answer()
                #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("\r\nConnection: close\r\n"), "\(answer)")
            }
        }
    }

    @Test func `the same with HTTP-2 gets GOAWAY at once`() async throws {
        try await withRelay(speaking: "h2") { relay, port in
            try await whileGoingDown(relay, port) { client in
                try await client.send("hello" + Self.preface)
                #expect(try await framesToGoodbye(client).contains(4))
            }
        }
    }

    /// - Parameter body: gets a connection before its handshake, to a relay that goes down for as long as this takes.
    private func whileGoingDown(_ relay: RelayServer, _ port: Int, _ body: (PlainClient) async throws -> Void)
        async throws
    {
        try await PlainClient.with(port: port) { client in
            try await relay.tells("trickle_client_addresses 1")
            // Who does not read its answer is waited for.
            try await PlainClient.with(relay, receiveBuffer: 4096) { reader in
                try await reader.post(Array(repeating: 0, count: 32 << 20), to: "/cam/0")
                try await reader.send(PlainRequest.get("/cam/0"))
                _ = try await reader.answer()
                Task { await relay.shutDown() }
                try await until { relay.readiness == .draining }
                try await body(client)
            }
        }
    }

    @Test func `a cut body of HTTP-1-0 has no goodbye`() async throws {
        try await withRelay(speaking: nil) { relay, port in
            try await PlainClient.with(port: port) { reader in
                try await PlainClient.with(relay) { publisher in
                    try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("begun"))
                    try await relay.hasTakenIn("POST")
                    try await reader.send("helloGET /cam/0 HTTP/1.0\r\n\r\n")
                    #expect(try await reader.read(to: "begun").hasSuffix("\r\n\r\nbegun"))
                }
                #expect(await reader.rest() == "")
            }
        }
    }
}
