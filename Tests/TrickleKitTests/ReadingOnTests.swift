import Synchronization
import Testing
import TrickleKit
import TrickleTesting

/// A reader goes on inside a segment, against a server that does exactly what each test says.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ReadingOnTests {
    private let features = "Lp-Trickle-Features: range, size, head, wait\n"
    private let chunked = "Transfer-Encoding: chunked\n"
    private let range = "Content-Range: bytes 3-9007199254740991/*\n"

    private func subscriber(_ server: ScriptedServer, stallTimeout: Duration = TestLimit.wait) -> Subscriber {
        var configuration = ClientConfiguration.unhurried
        configuration.stallTimeout = stallTimeout
        return Subscriber(
            relay: server.relay, channel: try! ChannelName("cam"), from: .exact(0), configuration: configuration)
    }

    /// Gives the first three bytes of segment 0, and lets the request for segment 1 wait.
    private func begin(_ server: ScriptedServer) async throws -> (first: ScriptedConnection, next: ScriptedConnection) {
        let first = try await server.accept()
        _ = try await first.readHead()
        try await first.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\nETag: \"a\"\n\(features)\(chunked)\n")
        try await first.sendChunk([1, 2, 3])
        let next = try await server.accept()
        #expect(try await next.readHead().line == "GET /cam/1 HTTP/1.1")
        return (first, next)
    }

    /// Reads segment 0 until its connection breaks after three bytes, and the request for the rest has come.
    private func whenBroken(
        _ answer: @escaping @Sendable (ScriptedConnection) async throws -> Void
    ) async throws -> (Result<[UInt8], any Error>, SubscriberStatistics) {
        let server = try ScriptedServer()
        let subscriber = subscriber(server)
        var segments = subscriber.makeAsyncIterator()
        let serving = Task {
            let next: ScriptedConnection
            do {
                let connections = try await begin(server)
                next = connections.next
                try await connections.first.send("5\n")
            }
            let rest = try await server.accept()
            let head = try await rest.readHead()
            #expect(head.line == "GET /cam/0 HTTP/1.1")
            #expect(head.fields["range"] == "bytes=3-9007199254740991")
            #expect(head.fields["if-range"] == "\"a\"")
            try await answer(rest)
            return (next, rest)
        }
        let segment = try #require(try await segments.next())
        let body: Result<[UInt8], any Error>
        do { body = .success(try await segment.body.readAll()) } catch { body = .failure(error) }
        _ = try await serving.value
        return (body, subscriber.statistics)
    }

    @Test func aBrokenSegmentGoesOnAtItsNextByte() async throws {
        let (body, statistics) = try await whenBroken { rest in
            try await rest.send("HTTP/1.1 206 Partial Content\nLp-Trickle-Seq: 0\nETag: \"a\"\n\(range)\(chunked)\n")
            try await rest.sendChunk([4, 5])
            try await rest.send("0\n\n")
        }
        #expect(try body.get() == [1, 2, 3, 4, 5])
        #expect(statistics.isLossless)
        #expect(statistics.bytes == 5)
        #expect(statistics.reconnections == 1)
    }

    @Test func aSegmentThatHadNoMoreIsWhole() async throws {
        let (body, statistics) = try await whenBroken {
            try await $0.answer("416 Range Not Satisfiable", ["Content-Range": "bytes */3"])
        }
        #expect(try body.get() == [1, 2, 3])
        #expect(statistics.isLossless)
    }

    @Test func aSegmentThatWasAbortedThereIsNotWhole() async throws {
        let (body, statistics) = try await whenBroken {
            try await $0.answer(
                "416 Range Not Satisfiable", ["Content-Range": "bytes */3", "Lp-Trickle-Aborted": "publisher"])
        }
        #expect { try body.get() } throws: { ($0 as? TrickleError)?.code == .segmentAborted }
        #expect(statistics.segmentsAborted == 1)
    }

    @Test(arguments: [
        ("200 OK", ["Lp-Trickle-Seq": "0", "ETag": "\"b\""]),
        ("206 Partial Content", ["Content-Range": "bytes 3-5/6", "ETag": "\"b\""]),
        ("206 Partial Content", ["Content-Range": "bytes 2-5/6", "ETag": "\"a\""]),
        ("416 Range Not Satisfiable", ["Content-Range": "bytes */2"]),
    ])
    func twoSegmentsAreNeverJoined(status: String, fields: [String: String]) async throws {
        let (body, statistics) = try await whenBroken { try await $0.answer(status, fields, body: "xyz") }
        #expect { try body.get() } throws: { ($0 as? TrickleError)?.code == .segmentCut }
        #expect(statistics.segmentsCut == 1)
        #expect(statistics.bytes == 3)
    }

    @Test(arguments: ["404 Not Found", "470 Entry Not Found"])
    func aSegmentThatIsGoneIsCut(status: String) async throws {
        let (body, statistics) = try await whenBroken { try await $0.answer(status) }
        #expect { try body.get() } throws: { ($0 as? TrickleError)?.code == .segmentCut }
        #expect(statistics.segmentsCut == 1)
    }

    @Test func theMissingBytesOfASegmentThatWasWholeAreKnown() async throws {
        let server = try ScriptedServer()
        let subscriber = subscriber(server)
        var segments = subscriber.makeAsyncIterator()
        let serving = Task {
            do {
                let first = try await server.accept()
                _ = try await first.readHead()
                try await first.send(
                    "HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\nETag: \"a\"\n\(features)Content-Length: 10\n\nabc")
            }
            // The request for segment 1, and the one for the rest, in whatever order they come.
            var connections: [ScriptedConnection] = []
            for _ in 0..<2 {
                let connection = try await server.accept()
                let head = try await connection.readHead()
                if head.fields["range"] != nil { try await connection.answer("404 Not Found") }
                connections.append(connection)
            }
            return connections
        }
        let segment = try #require(try await segments.next())
        await #expect { try await segment.body.readAll() } throws: {
            guard let error = $0 as? TrickleError else { return false }
            return error.code == .segmentCut && error.message.contains("7 bytes are missing")
        }
        _ = try await serving.value
        #expect(subscriber.statistics.bytesMissing == 7)
    }

    /// A server whose first connection goes silent within segment 0: it answers to each request by what it asks, however often that is,
    /// and to ranges as `rest` says.
    /// What counts as silent: longer than a busy machine takes for an answer.
    private static let silence = Duration.seconds(10)

    private func readThroughSilence(
        _ rest: @escaping @Sendable (ScriptedConnection, _ ranges: Int) async throws -> Void
    ) async throws -> (bytes: [UInt8], SubscriberStatistics, following: SubscribedSegment?) {
        let server = try ScriptedServer()
        let subscriber = subscriber(server, stallTimeout: Self.silence)
        let ranges = Counter()
        let serving = Task {
            await withTaskGroup(of: Void.self) { group in
                while let connection = try? await server.accept() {
                    group.addTask {
                        while let head = try? await connection.readHead() {
                            if head.line == "GET /cam/next HTTP/1.1" {
                                try? await connection.answer(
                                    "200 OK", ["Lp-Trickle-Latest": "0", "Lp-Trickle-Features": "range, wait"])
                            } else if head.fields["range"] != nil {
                                #expect(head.fields["range"] == "bytes=3-9007199254740991")
                                #expect(head.fields["lp-trickle-wait"] == "5")
                                try? await rest(connection, ranges.next())
                            } else if head.line == "GET /cam/0 HTTP/1.1" {
                                try? await connection.send(
                                    "HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\nETag: \"a\"\n\(features)\(chunked)\n")
                                try? await connection.sendChunk([1, 2, 3])
                            } else {
                                // What follows is a publisher that begins again.
                                try? await connection.answer("200 OK", ["Lp-Trickle-Seq": "0"], body: "x")
                            }
                        }
                    }
                }
            }
        }
        defer { serving.cancel() }
        var segments = subscriber.makeAsyncIterator()
        let segment = try #require(try await segments.next())
        let bytes = try await segment.body.readAll()
        return (bytes, subscriber.statistics, try await segments.next())
    }

    private func sendRest(_ connection: ScriptedConnection) async throws {
        try await connection.send(
            "HTTP/1.1 206 Partial Content\nLp-Trickle-Seq: 0\nETag: \"a\"\n\(range)\(chunked)\n")
        try await connection.sendChunk([4])
        try await connection.send("0\n\n")
    }

    @Test func aConnectionThatGoesSilentInASegmentIsReplaced() async throws {
        let (bytes, statistics, _) = try await readThroughSilence { rest, _ in try await sendRest(rest) }
        #expect(bytes == [1, 2, 3, 4])
        #expect(statistics.isLossless)
        #expect(statistics.reconnections > 0)
    }

    @Test func aQuietPublisherIsNoDeadConnection() async throws {
        // The relay is there, and has nothing: so it says while the reader waits.
        let (bytes, statistics, following) = try await readThroughSilence { rest, ranges in
            if ranges > 2 { return try await sendRest(rest) }
            try await Task.sleep(for: .milliseconds(600))
            try await rest.answer("204 No Content", ["Lp-Trickle-Seq": "0"])
        }
        #expect(bytes == [1, 2, 3, 4])
        #expect(statistics.isLossless)
        // Nor is it a relay that has lost its memory, whose last segments come again: this one is new.
        #expect(following?.isRestart == true)
    }

    @Test func theRequestForTheNextSegmentIsRenewedWhileThisOneIsRead() async throws {
        let server = try ScriptedServer()
        var segments = subscriber(server).makeAsyncIterator()
        let serving = Task {
            let (first, next) = try await begin(server)
            try await Task.sleep(for: .milliseconds(600))
            try await next.answer("204 No Content", ["Lp-Trickle-Seq": "1"])
            #expect(try await next.readHead().line == "GET /cam/1 HTTP/1.1")
            try await first.send("0\n\n")
            try await next.answer("200 OK", ["Lp-Trickle-Seq": "1"], body: "x")
            return [first, next]
        }
        let segment = try #require(try await segments.next())
        #expect(try await segment.body.readAll() == [1, 2, 3])
        #expect(try await segments.next()?.sequence == 1)
        _ = try await serving.value
    }

    @Test func aSilentRelayIsAskedForItsNextNumberOnANewConnection() async throws {
        let server = try ScriptedServer()
        let script = ServerScript {
            let dead = try server.acceptNow()
            let first = try dead.readHeadNow()
            let alive = try server.acceptNow()
            let question = try alive.readHeadNow()
            try alive.answerNow(
                "200 OK", ["Lp-Trickle-Latest": "0", "Lp-Trickle-Features": "range, wait"], body: "0")
            let second = try alive.readHeadNow()
            try alive.answerNow("200 OK", ["Lp-Trickle-Closed": "terminated"])
            return (connections: [dead, alive], heads: [first, question, second])
        }
        #expect(try await subscriber(server, stallTimeout: .seconds(5)).readAll().isEmpty)
        let heads = try await script.finish().heads
        #expect(heads.map(\.line) == ["GET /cam/0 HTTP/1.1", "GET /cam/next HTTP/1.1", "GET /cam/0 HTTP/1.1"])
        #expect(heads[2].fields["lp-trickle-wait"] == "2")
    }
}

/// Counts from one.
private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
