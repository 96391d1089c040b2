import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import TrickleTesting

@testable import TrickleRelay

/// What is pipelined waits as bytes, and nobody's pipeline keeps the event loop from others.
@Suite struct RequestGateTests {
    /// Counts requests, and takes those that it is told to.
    private final class Counter: ChannelInboundHandler, RequestGate.Keeper {
        typealias InboundIn = HTTPServerRequestPart
        var gate: RequestGate?
        var wanted = Int.max
        private(set) var headCount = 0
        private(set) var bodyByteCount = 0
        /// Of these, bytes that no parser has seen.
        private(set) var unparsedByteCount = 0
        private(set) var endCount = 0
        var intake: RequestGate.Intake { endCount < headCount || headCount < wanted ? .taken : .held }
        let takesBody = true

        func received(_ bytes: ByteBuffer) {
            bodyByteCount += bytes.readableBytes
            unparsedByteCount += bytes.readableBytes
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                headCount += 1
                gate?.headEnded(framing: RequestDecoding.framing(of: head))
            case .body(let bytes): bodyByteCount += bytes.readableBytes
            case .end: endCount += 1
            }
        }
    }

    /// Counts the reads that go to the network.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0
        func read(context: ChannelHandlerContext) { count += 1 }
    }

    private func withGate(_ body: (Counter, RequestGate, EmbeddedChannel) throws -> Void) throws {
        let (counter, channel) = (Counter(), EmbeddedChannel())
        let gate = try RequestDecoding.addHandlers(to: channel.pipeline.syncOperations)
        counter.gate = gate
        gate.keeper = counter
        try channel.pipeline.syncOperations.addHandler(counter)
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(counter, gate, channel)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        counter.gate = nil
    }

    @Test func `a gate lets go of whoever takes its requests when the connection ends`() throws {
        weak var released: Counter?
        try {
            let (counter, channel) = (Counter(), EmbeddedChannel())
            released = counter
            let gate = try RequestDecoding.addHandlers(to: channel.pipeline.syncOperations)
            gate.keeper = counter
            counter.gate = gate
            try channel.pipeline.syncOperations.addHandler(counter)
            _ = try channel.finish()
        }()
        #expect(released == nil)
    }

    @Test func `no more requests are taken than are wanted`() throws {
        try withGate { counter, gate, channel in
            counter.wanted = 1
            try channel.writeInbound(ByteBuffer(string: String(repeating: PlainRequest.get("/cam/0"), count: 10)))
            #expect(counter.endCount == 1)
            counter.wanted = 3
            gate.intakeChanged()
            #expect(counter.endCount == 3)
            counter.wanted = .max
            gate.intakeChanged()
            #expect(counter.endCount == 10)
        }
    }

    @Test func `only the chunks that come whole go past the parser`() throws {
        try withGate { counter, _, channel in
            let head = "POST /cam/0 HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n"
            for part in [
                head + "3\r\nabc\r\n", "2\r\nab\r\n1\r", "\na\r\n", "4\r\nab", "cd\r\n5\r\nabcde\r\n0\r\n\r\n",
            ] {
                try channel.writeInbound(ByteBuffer(string: part))
            }
            #expect(counter.bodyByteCount == 15)
            #expect(counter.unparsedByteCount == 5)
            #expect(counter.endCount == 1)
        }
    }

    @Test func `after some requests others have their turn`() throws {
        try withGate { counter, _, channel in
            try channel.writeInbound(ByteBuffer(string: String(repeating: PlainRequest.get("/cam/0"), count: 1000)))
            #expect(counter.endCount < 100)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(counter.endCount == 1000)
        }
    }

    @Test func `after some chunks others have their turn`() throws {
        try withGate { counter, _, channel in
            let chunks = String(repeating: PlainRequest.chunk("x"), count: 5000)
            try channel.writeInbound(ByteBuffer(string: PlainRequest.post("/cam/0") + chunks))
            #expect(counter.bodyByteCount < 500)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(counter.bodyByteCount == 5000)
        }
    }

    @Test func `what came before the client shut down its side is taken`() throws {
        try withGate { counter, _, channel in
            let chunks = String(repeating: PlainRequest.chunk("x"), count: 5000)
            try channel.writeInbound(ByteBuffer(string: PlainRequest.post("/cam/0") + chunks + "0\r\n\r\n"))
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(counter.endCount == 1)
            #expect(!channel.isActive)
        }
    }

    @Test func `without anything that is under way, a client that sends no more has gone`() throws {
        try withGate { counter, _, channel in
            counter.wanted = 1
            try channel.writeInbound(ByteBuffer(string: PlainRequest.get("/cam/0") + PlainRequest.get("/cam/1")))
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(!channel.isActive)
            #expect(counter.headCount == 1)
        }
    }

    @Test func `more than may wait ends the connection`() throws {
        try withGate { counter, _, channel in
            counter.wanted = 0
            for _ in 0..<3 {
                try channel.writeInbound(ByteBuffer(repeating: 0, count: RequestGate.maximumHeldByteCount / 2))
            }
            #expect(!channel.isActive)
        }
    }

    @Test func `nothing is read while something waits`() throws {
        try withGate { counter, gate, channel in
            let reads = Reads()
            try channel.pipeline.syncOperations.addHandler(reads, position: .first)
            counter.wanted = 1
            try channel.writeInbound(ByteBuffer(string: PlainRequest.get("/cam/0") + PlainRequest.get("/cam/1")))
            channel.pipeline.read()
            #expect(reads.count == 0)
            counter.wanted = 2
            gate.intakeChanged()
            #expect(reads.count == 1)
            channel.pipeline.read()
            #expect(reads.count == 2)
        }
    }

    @Test func `the rest of a head that waits is read`() throws {
        try withGate { counter, gate, channel in
            counter.wanted = 1
            for text in [PlainRequest.get("/cam/0") + "GET /cam/1 HTTP/1.1\r\n", "Host: x\r\n"] {
                try channel.writeInbound(ByteBuffer(string: text))
                #expect(gate.holdsBegunHead)
            }
            try channel.writeInbound(ByteBuffer(string: "\r\n"))
            #expect(!gate.holdsBegunHead)
        }
    }

    @Test func `the beginning of HTTP/2 is read to its end, however it is cut`() throws {
        try withGate { _, gate, channel in
            let reads = Reads()
            try channel.pipeline.syncOperations.addHandler(reads, position: .first)
            for (index, byte) in "PRI * HTTP/2.0\r".utf8.enumerated() {
                try channel.writeInbound(ByteBuffer(bytes: [byte]))
                channel.pipeline.read()
                #expect(reads.count == index + 1)
                #expect(gate.isInsideElement)
            }
        }
    }
}
