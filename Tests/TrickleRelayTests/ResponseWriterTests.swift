import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import TrickleCore

@testable import TrickleRelay

/// Exchanges over a wire that is not HTTP/1: what they say is all that it needs.
@Suite struct ResponseWriterTests {
    private let eventLoop = EmbeddedEventLoop()
    private let lane: RelayLane
    private let name: ChannelName

    init() throws {
        lane = .alone(on: eventLoop)
        name = try ChannelName("cam")
    }

    private func request(
        _ method: HTTPMethod, to writer: CollectingWriter, fields: HTTPHeaders = [:]
    ) -> IncomingRequest {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: "/cam/0", headers: fields)
        return IncomingRequest(client: ClientIdentity(head: RelayRequest(head)), lane: lane, writer: writer)
    }

    private func read(_ fields: HTTPHeaders = [:]) throws -> CollectingWriter {
        let writer = CollectingWriter()
        writer.answer(with: try ReadExchange(request(.GET, to: writer, fields: fields), name, .exact(0)))
        return writer
    }

    /// A publisher in the middle of a segment.
    private func publish() throws -> (CollectingWriter, PublishExchange) {
        let writer = CollectingWriter()
        let fields: HTTPHeaders = ["Transfer-Encoding": "chunked", "Expect": "100-continue"]
        let exchange = try PublishExchange(request(.POST, to: writer, fields: fields), name, .exact(0))
        exchange.start()
        return (writer, exchange)
    }

    private func send(_ text: String, by exchange: PublishExchange) {
        exchange.received(ByteBuffer(string: text))
        exchange.readComplete()
    }

    @Test func `a segment goes from its publisher to its readers, and ends`() throws {
        let (publisher, publishing) = try publish()
        let waiting = try read()
        #expect(waiting.events.isEmpty)
        send("hello ", by: publishing)
        let late = try read()
        send("world", by: publishing)
        #expect(waiting.events == [.head(200), .payload("hello "), .payload("world")])
        publishing.receivedEnd()
        #expect(publisher.events == [.continueAsked, .head(200), .end])
        #expect(waiting.events.last == .end)
        #expect(late.events.first == .head(200) && late.events.last == .end && late.payload == "hello world")
        #expect(try read().payload == "hello world")
        #expect(try read(["Range": "bytes=3-7"]).events == [.head(206), .payload("lo "), .payload("wo"), .end])
        #expect(waiting.heads[0].fields.contains { $0.name == "Transfer-Encoding" } == false)
    }

    @Test func `a reader that takes nothing gets the rest when it takes more`() throws {
        let (_, publishing) = try publish()
        let reader = try read()
        send("a", by: publishing)
        reader.isWritable = false
        for text in ["b", "c"] { send(text, by: publishing) }
        publishing.receivedEnd()
        #expect(reader.events == [.head(200), .payload("a")])
        reader.isWritable = true
        reader.exchange?.writable()
        #expect(reader.payload == "abc" && reader.events.last == .end)
    }

    @Test func `what is known only at the end comes as trailers`() throws {
        let (_, publishing) = try publish()
        let reader = try read(["Lp-Trickle-Head": "early"])
        #expect(reader.events == [.head(200)])
        send("half", by: publishing)
        publishing.cancelled()
        try lane.store.perform(on: lane) { store, now throws(RelayRefusal) in try store.closeChannel(name, now: now) }
        #expect(reader.payload == "half")
        guard case .trailers(let trailers) = reader.events.dropLast().last else {
            Issue.record("no trailers: \(reader.events)")
            return
        }
        #expect(trailers.map(\.name) == [HeaderName.aborted])
        #expect(reader.events.last == .end)
    }

    @Test func `an answer that is whole is said at once, and so is a refusal`() throws {
        let writer = CollectingWriter()
        let head = request(.GET, to: writer)
        writer.answer(
            with: AnswerExchange(head) { () throws(RequestProblem) in
                (ResponseHead(status: 200), ByteBuffer(string: "list"))
            })
        writer.answer(with: AnswerExchange(head, refusal: .notFound("nothing is here")))
        #expect(
            writer.events == [
                .head(200), .payload("list"), .end, .head(404), .payload("nothing is here\n"), .end,
            ])
        #expect(try read().events == [.head(404), .payload("Stream not found\n"), .end])
    }

    @Test func `a channel as one body goes from segment to segment, and is cut where it cannot go on`() throws {
        let (_, publishing) = try publish()
        send("aaaabb", by: publishing)
        let writer = CollectingWriter()
        let stream = ChannelStream(channel: name, number: .zero, preamble: ByteBuffer(string: "TABLES"), unit: 4)
        writer.answer(with: StreamExchange(request(.GET, to: writer), RampResponse(.stream(stream)), stream))
        #expect(writer.events == [.head(200), .payload("TABLES"), .payload("aaaa")])
        send("bb", by: publishing)
        #expect(writer.payload == "TABLESaaaabbbb")
        publishing.cancelled()
        try lane.store.perform(on: lane) { store, now throws(RelayRefusal) in
            try store.endSegment(name, at: .exact(0), now: now)
        }
        #expect(writer.events.last == .cut)
    }
}
