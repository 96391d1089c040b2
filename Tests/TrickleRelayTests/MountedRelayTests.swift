import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// A relay in the HTTP server of another program.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct MountedRelayTests {
    private func body(behind head: String, _ client: PlainClient) async throws -> [UInt8] {
        guard let length = head.firstMatch(of: /Content-Length: (\d+)/)?.1 else {
            return try await client.chunkedBody()
        }
        return try await client.read(count: try #require(Int(length)))
    }

    @Test func `one connection has requests of both, one after the other`() async throws {
        try await HostProgram.with { program in
            try await PlainClient.with(port: program.port) { client in
                try await client.send(PlainRequest.get("/hello"))
                _ = try await client.read(to: "host: GET /hello 0\n")
                try await client.send(PlainRequest.post("/trickle/cam/0") + PlainRequest.chunk("abc") + "0\r\n\r\n")
                #expect(try await client.answer().contains("\r\nLp-Trickle-Seq: 0\r\n"))
                // All at once: whoever answers, the order stays.
                try await client.send(
                    PlainRequest.get("/cam/0") + PlainRequest.get("/trickle/cam/0")
                        + "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                        + PlainRequest.get("/trickle/none") + PlainRequest.get("/trickle")
                        + PlainRequest.get("/trickled/0"))
                _ = try await client.read(to: "host: GET /cam/0 0\n")
                #expect(try await body(behind: client.answer(), client) == Array("abc".utf8))
                _ = try await client.read(to: "host: POST /x 5\n")
                #expect(try await client.read(to: "asked here\n").hasPrefix("HTTP/1.1 405 "))
                _ = try await client.read(to: "host: GET /trickle 0\n")
                _ = try await client.read(to: "host: GET /trickled/0 0\n")
                #expect(program.relay.census.report.clientCount == 1)
            }
            try await program.relay.tells("trickle_connections 0")
        }
    }

    @Test func `a publisher's bytes reach readers on other event loops as they come`() async throws {
        try await HostProgram.with(threadCount: 3) { program in
            try await PlainClient.with(port: program.port) { publisher in
                try await publisher.send(PlainRequest.post("/trickle/cam/0") + PlainRequest.chunk("first"))
                try await program.relay.tells("trickle_bytes_in_total 5")
                try await PlainClient.with(port: program.port) { one in
                    try await PlainClient.with(port: program.port) { other in
                        for reader in [one, other] {
                            try await reader.send(PlainRequest.get("/trickle/cam/0"))
                            _ = try await reader.read(to: "first\r\n")
                        }
                        try await publisher.send(PlainRequest.chunk("second"))
                        for reader in [one, other] { _ = try await reader.read(to: "second\r\n") }
                    }
                }
            }
        }
    }

    /// The socket's buffers take less: most of it waits in the pipeline.
    @Test func `a large answer of either comes whole, and before the next`() async throws {
        let count = 8 << 20
        let host: @Sendable (any Channel) throws -> Void = {
            try $0.pipeline.syncOperations.addHandler(BulkHandler(byteCount: count))
        }
        try await HostProgram.with(host: host) { program in
            let publisher = try program.relay.publisher(of: try ChannelName("cam"))
            let segment = try publisher.nextSegment()
            let piece = [UInt8](repeating: UInt8(ascii: "r"), count: 64 << 10)
            for _ in 0..<count / piece.count { try segment.write(piece) }
            try segment.finish()
            try await PlainClient.with(port: program.port, receiveBuffer: 64 << 10) { client in
                try await client.send(
                    PlainRequest.get("/bulk") + PlainRequest.get("/trickle/cam/0") + PlainRequest.get("/bulk")
                        + PlainRequest.get("/trickle/cam/next"))
                for round in 0..<2 {
                    #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                    let bulk = try await client.read(count: count)
                    #expect(bulk.allSatisfy { $0 == UInt8(ascii: "h") })
                    let head = try await client.answer()
                    #expect(head.hasPrefix("HTTP/1.1 200 "))
                    guard round == 0 else { continue }
                    let body = try await body(behind: head, client)
                    #expect(body.count == count && body.allSatisfy { $0 == UInt8(ascii: "r") })
                }
            }
        }
    }

    @Test(arguments: [
        "GET /x HTTP/1.0\r\n\r\n", "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        // Answered, as an answer that closes.
        "GET /close HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func `a connection ends behind the last answer`(request: String) async throws {
        try await HostProgram.with(host: { try $0.pipeline.syncOperations.addHandler(BulkHandler(byteCount: 3)) }) {
            program in
            let text = try await PlainClient.with(port: program.port) { client in
                try await client.send(request)
                return await client.rest()
            }
            #expect(text.hasSuffix("\r\n\r\nhhh") && text.lowercased().contains("connection: close"), "\(text)")
        }
    }

    @Test func `a request that breaks the rules gets 400, and what is under way is cut instead`() async throws {
        let host: @Sendable (any Channel) throws -> Void = {
            try $0.pipeline.syncOperations.addHandler(EarlyHandler())
        }
        try await HostProgram.with(host: host) { program in
            let post = "POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
            let cut = try await PlainClient.with(port: program.port) { client in
                try await client.send(post)
                _ = try await client.read(to: "begun\r\n")
                try await client.send("no size\r\n")
                return await client.rest()
            }
            #expect(cut.isEmpty)
            let refused = try await PlainClient.with(port: program.port) { client in
                try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
                return try await client.answer()
            }
            #expect(refused.hasPrefix("HTTP/1.1 400 "))
        }
    }

    private struct Switching: RelayRamps {
        let routes = [
            RampRoute("/{channel}/echo", upgrade: "echo") { _ in RampResponse(.protocolSwitch(.echo)) }
        ]
    }

    @Test func `another protocol has a connection that the host has not used`() async throws {
        let ask = "GET /trickle/cam/echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        try await HostProgram.with(ramps: { _ in Switching() }) { program in
            try await PlainClient.with(port: program.port) { client in
                try await client.send(ask + "abc")
                _ = try await client.read(to: "\r\n\r\nabc")
            }
            let refused = try await PlainClient.with(port: program.port) { client in
                try await client.send(PlainRequest.get("/x") + ask)
                return await client.rest()
            }
            #expect(refused.contains("HTTP/1.1 421 "))
        }
    }

    @Test func `a relay that has gone takes no connection, and leaves the event loops`() async throws {
        try await HostProgram.with { program in
            try await PlainClient.with(port: program.port) { silent in
                try await silent.send(PlainRequest.get("/x"))
                _ = try await silent.read(to: "host: GET /x 0\n")
                await program.relay.shutDown()
                #expect(await silent.rest().isEmpty)
            }
            #expect(try await PlainClient.with(port: program.port) { await $0.rest() }.isEmpty)
            for lane in program.relay.lanes {
                let hangs = try await lane.eventLoop.submit { lane.turns.doorbell?.isHanging }.get()
                #expect(hangs == false)
            }
        }
    }

    @Test func `event loops that are not the relay's are refused, and too many of them`() async throws {
        try await HostProgram.with { program in
            let other = MultiThreadedEventLoopGroup.singleton.any()
            let connection = try await ClientBootstrap(group: other)
                .connect(host: "127.0.0.1", port: program.port).get()
            let relay = program.relay
            let error = try await other.submit {
                #expect(throws: RelayMountError.self) { try relay.serve(connection) { _ in } }
            }.get()
            #expect(error.map { if case .otherEventLoop = $0 { true } else { false } } == true)
            try await connection.close()
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 65)
        #expect(throws: RelayMountError.self) { try RelayServer.mount(on: group, logger: Logger(label: "test")) }
        try await group.shutdownGracefully()
    }

    @Test func `an address that has too many connections gets no more`() async throws {
        try await HostProgram.with({ $0.connectionsPerAddress = 1 }) { program in
            try await PlainClient.with(port: program.port) { first in
                try await first.send(PlainRequest.get("/x"))
                _ = try await first.read(to: "host: GET /x 0\n")
                #expect(try await PlainClient.with(port: program.port) { await $0.rest() }.isEmpty)
            }
        }
    }
}

/// Answers every request with so many bytes; `/close` is its last.
private final class BulkHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let byteCount: Int
    private var head: HTTPRequestHead?

    init(byteCount: Int) { self.byteCount = byteCount }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            var answer = HTTPResponseHead(version: head.version, status: .ok)
            answer.headers.add(name: "Content-Length", value: "\(byteCount)")
            if head.uri == "/close" { answer.headers.add(name: "Connection", value: "close") }
            context.write(wrapOutboundOut(.head(answer)), promise: nil)
            let body = ByteBuffer(repeating: UInt8(ascii: "h"), count: byteCount)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

/// Begins to answer with the first byte that comes.
private final class EarlyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .body = unwrapInboundIn(data) else { return }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "begun")))), promise: nil)
    }
}
