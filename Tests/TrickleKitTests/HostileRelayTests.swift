import Testing
import TrickleKit
import TrickleTesting

/// Relays that keep a client waiting, or give it more than it asked for.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct HostileRelayTests {
    private let channel = try! ChannelName("cam")

    private var hurried: ClientConfiguration {
        var configuration = ClientConfiguration.unhurried
        configuration.stallTimeout = .seconds(5)
        configuration.patience = .zero
        return configuration
    }

    /// The next answer of `server` is `head`, and then `more` for as long as the client takes it.
    private static func serve(_ server: ScriptedServer, _ head: String, endless more: String? = nil) throws {
        let connection = try server.acceptNow()
        let request = try connection.readHeadNow()
        if request.line.hasPrefix("POST ") {
            // An answer that comes before the end of a segment would say that somebody else has ended it.
            while try connection.readChunkNow() != nil {}
        }
        try connection.sendNow(head)
        if let more {
            let piece = Array(String(repeating: more, count: 50).utf8)
            // The client breaks it off.
            while (try? connection.sendNow(piece)) != nil {}
        } else {
            try connection.readToCloseNow()
        }
    }

    /// Publishes an empty segment at number 0, whose answer is `head`, and then `more` for as long as the client takes it.
    private func publish(answeredWith head: String, endless more: String? = nil) async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let connection = try server.acceptNow()
            _ = try connection.readHeadNow()
            try connection.answerNow("200 OK")
            _ = try connection.readHeadNow()
            try connection.answerNow("200 OK", ["Lp-Trickle-Latest": "0", "Connection": "close"], body: "0")
            connection.shutdownNow()
            try Self.serve(server, head, endless: more)
        }
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: hurried)
        try await publisher.open()
        try await publisher.nextSegment().finishWithoutWaiting()
        try await publisher.settle()
        try await script.finish()
    }

    @Test func `an answer to a segment that stops after its head counts, and its connection ends`() async throws {
        try await publish(answeredWith: "HTTP/1.1 200 OK\nContent-Length: 5\n\n")
    }

    @Test func `an answer to a segment that does not end counts, and its connection ends`() async throws {
        try await publish(
            answeredWith: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", endless: "5\r\nhello\r\n")
    }

    @Test func `a refusal of a read ends even if its text does not come`() async throws {
        let server = try ScriptedServer()
        let script = ServerScript { try Self.serve(server, "HTTP/1.1 400 Bad Request\nContent-Length: 5\n\n") }
        var segments = Subscriber(relay: server.relay, channel: channel, from: .exact(0), configuration: hurried)
            .makeAsyncIterator()
        let error = await #expect(throws: TrickleError.self) { try await segments.next() }
        #expect(error?.code == .refused)
        try await script.finish()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLp-Trickle-Seq: 0\r\n\r\n0\r\n", "",
        "HTTP/1.1 200 OK\r\nX-Filler: ",
    ])
    func `headers, a line, trailers and interim answers without end fail the transfer`(start: String) async throws {
        let server = try ScriptedServer()
        let filler = String(repeating: "x", count: 500)
        let more =
            start.isEmpty
            ? "HTTP/1.1 100 Continue\r\n\r\n" : start.hasSuffix("\r\n") ? "X-Filler: \(filler)\r\n" : filler
        let text = start.replacing("\r\n", with: "\n")
        let script = ServerScript { try Self.serve(server, text, endless: more) }
        var configuration = hurried
        configuration.stallTimeout = .seconds(3600)
        var segments = Subscriber(relay: server.relay, channel: channel, from: .exact(0), configuration: configuration)
            .makeAsyncIterator()
        let error = await #expect(throws: TrickleError.self) {
            if let segment = try await segments.next() { for try await _ in segment.body {} }
        }
        let causes = [error?.message, (error?.underlying as? TrickleError)?.message].compactMap { $0 }
        #expect(causes.contains { $0.contains("header lines") }, "\(causes)")
        try await script.finish()
    }
}
