import Testing
import TrickleKit
import TrickleTesting

/// The subscriber against a server that does exactly what each test says.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SubscriberTests {
    private let channel = try! ChannelName("cam")
    private let chunked = "Transfer-Encoding: chunked\n"

    private func subscriber(
        _ server: ScriptedServer, from start: SegmentPosition = .next, waitForChannel: Duration? = nil,
        configuration: ClientConfiguration = .unhurried
    ) -> Subscriber {
        Subscriber(
            relay: server.relay, channel: channel, from: start, configuration: configuration,
            waitForChannel: waitForChannel)
    }

    @Test(arguments: [
        (SegmentPosition.next, "-1"), (.current, "-2"), (.exact(5), "5"),
    ])
    func itAsksForThePositionItWasTold(start: SegmentPosition, part: String) async throws {
        let server = try ScriptedServer()
        async let segments = subscriber(server, from: start).readAll()
        let connection = try await server.accept()
        #expect(try await connection.readHead().line == "GET /cam/\(part) HTTP/1.1")
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        #expect(try await segments.isEmpty)
    }

    @Test func aChunkIsReadBeforeTheNextIsSent() async throws {
        let server = try ScriptedServer()
        var segments = subscriber(server).makeAsyncIterator()
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 3\nContent-Type: video/MP2T\n\(chunked)\n")
            try await connection.sendChunk([1, 2])
            return connection
        }
        let segment = try #require(try await segments.next())
        #expect(segment.sequence == 3)
        #expect(segment.contentType == "video/MP2T")
        let connection = try await serving.value
        var body = segment.body.makeAsyncIterator()
        #expect(try await body.next() == [1, 2])
        try await connection.sendChunk([3])
        #expect(try await body.next() == [3])
        try await connection.send("0\n\n")
        #expect(try await body.next() == nil)
    }

    @Test func theNextSegmentIsAskedForWhileThisOneIsRead() async throws {
        let server = try ScriptedServer()
        let serving = Task {
            let first = try await server.accept()
            _ = try await first.readHead()
            try await first.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 8\n\(chunked)\n")
            try await first.sendChunk([1])
            let second = try await server.accept()
            let line = try await second.readHead().line
            try await first.send("0\n\n")
            try await second.answer("200 OK", ["Lp-Trickle-Closed": "terminated", "Lp-Trickle-Seq": "9"])
            return line
        }
        let segments = try await subscriber(server).readAll()
        #expect(segments.map(\.sequence) == [8])
        #expect(segments.map(\.bytes) == [[1]])
        #expect(try await serving.value == "GET /cam/9 HTTP/1.1")
    }

    @Test func itRejoinsAtTheLiveEdgeAfterFallingOut() async throws {
        let server = try ScriptedServer()
        let serving = Task {
            let connection = try await server.accept()
            #expect(try await connection.readHead().line == "GET /cam/2 HTTP/1.1")
            try await connection.answer(
                "470 Segment Not Found", ["Lp-Trickle-Latest": "20", "Lp-Trickle-Seq": "2"], body: "Entry not found\n")
            #expect(try await connection.readHead().line == "GET /cam/-2 HTTP/1.1")
            try await connection.answer("200 OK", ["Lp-Trickle-Seq": "19", "Lp-Trickle-Latest": "20"], body: "x")
            #expect(try await connection.readHead().line == "GET /cam/20 HTTP/1.1")
            try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        }
        let subscriber = subscriber(server, from: .exact(2))
        var skipped: [SkippedSegments?] = []
        for try await segment in subscriber {
            skipped.append(segment.skipped)
            #expect(try await segment.body.readAll() == [0x78])
        }
        #expect(skipped == [SkippedSegments(first: 2, count: 17)])
        #expect(subscriber.statistics.segmentsSkipped == 17)
        try await serving.value
    }

    @Test func itRejoinsAtTheOldestKeptSegmentWhereThatIsWanted() async throws {
        let server = try ScriptedServer()
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.answer(
                "470 Segment Not Found", ["Lp-Trickle-Latest": "20", "Lp-Trickle-Features": "range, size"])
            let number = try await connection.readHead().line.split(separator: " ")[1].split(separator: "/").last
            #expect(Int(number ?? "").map { $0 < -1_000_000 } == true, "\(number ?? "")")
            try await connection.answer("200 OK", ["Lp-Trickle-Seq": "12", "Lp-Trickle-Latest": "20"], body: "x")
            #expect(try await connection.readHead().line == "GET /cam/13 HTTP/1.1")
            try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        }
        var subscriber = subscriber(server, from: .exact(2))
        subscriber.rejoinsAtOldest = true
        var skipped: [SkippedSegments?] = []
        for try await segment in subscriber {
            skipped.append(segment.skipped)
            #expect(try await segment.body.readAll() == [0x78])
        }
        #expect(skipped == [SkippedSegments(first: 2, count: 10)])
        try await serving.value
    }

    @Test func aSegmentWithoutItsLastChunkIsCutAndTheNextFollows() async throws {
        let server = try ScriptedServer()
        let serving = Task {
            let first = try await server.accept()
            _ = try await first.readHead()
            try await first.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\n\(chunked)\n")
            try await first.sendChunk([1, 2, 3])
            let second = try await server.accept()
            _ = try await second.readHead()
            first.shutdownNow()
            try await second.answer("200 OK", ["Lp-Trickle-Seq": "1"], body: "y")
        }
        let subscriber = subscriber(server)
        var segments = subscriber.makeAsyncIterator()
        let first = try #require(try await segments.next())
        var body = first.body.makeAsyncIterator()
        #expect(try await body.next() == [1, 2, 3])
        await #expect { try await body.next() } throws: { ($0 as? TrickleError)?.code == .segmentCut }
        #expect(try await body.next() == nil)
        #expect(try await segments.next()?.sequence == 1)
        #expect(subscriber.statistics.segmentsCut == 1)
        try await serving.value
    }

    @Test func anAnswerThatBreaksOffInItsHeadIsAskedForAgain() async throws {
        let server = try ScriptedServer()
        async let segments = subscriber(server, from: .exact(0), waitForChannel: TestLimit.wait).readAll()
        do {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\nConten")
        }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        #expect(try await segments.isEmpty)
    }

    @Test(arguments: ["0\nLp-Trickle-Aborted: publisher\n\n", "0\nlp-trickle-aborted: relay\n\n"])
    func aTrailerTellsThatASegmentWasAborted(end: String) async throws {
        let server = try ScriptedServer()
        var segments = subscriber(server).makeAsyncIterator()
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.send(
                "HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\nTrailer: Lp-Trickle-Aborted\n\(chunked)\n")
            try await connection.sendChunk([1])
            try await connection.send(end)
            return connection
        }
        let segment = try #require(try await segments.next())
        _ = try await serving.value
        await #expect { try await segment.body.readAll() } throws: { ($0 as? TrickleError)?.code == .segmentAborted }
    }

    @Test func aHeaderTellsThatAKeptSegmentWasAborted() async throws {
        let server = try ScriptedServer()
        var segments = subscriber(server, from: .exact(0)).makeAsyncIterator()
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.answer(
                "200 OK", ["Lp-Trickle-Seq": "0", "Lp-Trickle-Aborted": "publisher", "Lp-Trickle-Size": "3"],
                body: "abc")
        }
        let segment = try #require(try await segments.next())
        #expect(segment.size == 3)
        try await serving.value
        await #expect { try await segment.body.readAll() } throws: { ($0 as? TrickleError)?.code == .segmentAborted }
    }

    @Test func aSlowReaderHoldsTheServerBack() async throws {
        let server = try ScriptedServer()
        var segments = subscriber(server).makeAsyncIterator()
        let limit = 128 << 20
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\n\n")
            return try await connection.sendUntilFull(chunk: [UInt8](repeating: 1, count: 1 << 16), limit: limit)
        }
        let segment = try #require(try await segments.next())
        let sent = try await serving.value
        #expect(sent < limit)
        // All that was sent comes, once it is wanted.
        var received = 0
        for try await bytes in segment.body { received += bytes.count }
        #expect(received == sent)
    }

    @Test func aCancelledReadClosesItsConnection() async throws {
        let server = try ScriptedServer()
        let reading = Task { try await subscriber(server).readAll() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        try await connection.readToClose()
    }

    @Test func lettingGoOfASegmentClosesItsConnection() async throws {
        let server = try ScriptedServer()
        let reading = Task {
            var segments = subscriber(server).makeAsyncIterator()
            _ = try await segments.next()
        }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.send("HTTP/1.1 200 OK\nLp-Trickle-Seq: 0\n\(chunked)\n")
        try await connection.sendChunk([1])
        try await connection.readToClose()
        try await reading.value
    }

    @Test func itWaitsForAChannelThatIsNotThereYet() async throws {
        let server = try ScriptedServer()
        async let segments = subscriber(server, waitForChannel: .seconds(60)).readAll()
        let connection = try await server.accept()
        for _ in 0..<2 {
            _ = try await connection.readHead()
            try await connection.answer("404 Not Found", body: "Stream not found\n")
        }
        _ = try await connection.readHead()
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        #expect(try await segments.isEmpty)
    }

    @Test func itAsksForAFarAwayPositionByNumberWhereTheServerKnowsNoOther() async throws {
        let server = try ScriptedServer()
        async let segments = subscriber(server, from: .back(2)).readAll()
        let connection = try await server.accept()
        #expect(try await connection.readHead().line == "GET /cam/next HTTP/1.1")
        try await connection.answer("200 OK", body: "10")
        #expect(try await connection.readHead().line == "GET /cam/7 HTTP/1.1")
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        #expect(try await segments.isEmpty)
    }

    @Test func itAsksForAFarAwayPositionByItsRelativeFormWhereTheServerHasFeatures() async throws {
        let server = try ScriptedServer()
        async let segments = subscriber(server, from: .back(2)).readAll()
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("200 OK", ["Lp-Trickle-Features": "resume, range"], body: "10")
        #expect(try await connection.readHead().line == "GET /cam/-4 HTTP/1.1")
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        #expect(try await segments.isEmpty)
    }

    @Test func itTakesTheNextNumberFromTheAnswerWhenTheChannelBeganAnew() async throws {
        let server = try ScriptedServer()
        let serving = Task {
            let connection = try await server.accept()
            _ = try await connection.readHead()
            try await connection.answer("200 OK", ["Lp-Trickle-Seq": "41"], body: "a")
            _ = try await connection.readHead()
            try await connection.answer("200 OK", ["Lp-Trickle-Seq": "0"], body: "b")
            #expect(try await connection.readHead().line == "GET /cam/1 HTTP/1.1")
            try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated"])
        }
        var restarts: [Bool] = []
        for try await segment in subscriber(server) {
            restarts.append(segment.isRestart)
            _ = try await segment.body.readAll()
        }
        #expect(restarts == [false, true])
        try await serving.value
    }

    @Test(arguments: [
        ("401 Unauthorized", "credentials"), ("403 Forbidden", "forbids"), ("301 Moved", "redirect"),
        ("400 Bad Request", "base path"),
    ])
    func aRefusalSaysWhatToTry(status: String, hint: String) async throws {
        let server = try ScriptedServer()
        let reading = Task { try await subscriber(server).readAll() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer(status)
        await #expect { try await reading.value } throws: { error in
            let error = error as? TrickleError
            let code: TrickleError.Code = status.hasPrefix("40") && !status.hasPrefix("400") ? .accessDenied : .refused
            return error?.code == code && error?.message.contains(hint) == true
        }
    }

    @Test func aServerThatIsNoRelayIsRecognised() async throws {
        let server = try ScriptedServer()
        let reading = Task { try await subscriber(server).readAll() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("200 OK", body: "<html>hello</html>")
        await #expect { try await reading.value } throws: { ($0 as? TrickleError)?.code == .notARelay }
    }

    @Test func noRelayIsAnErrorThatSaysWhere() async throws {
        let port = try ScriptedServer().port  // free again at once
        let relay = try RelayURL("http://127.0.0.1:\(port)")
        await #expect {
            try await Subscriber(relay: relay, channel: channel).readAll()
        } throws: { error in
            let error = error as? TrickleError
            return error?.code == .relayUnreachable && error?.message.contains("127.0.0.1:\(port)") == true
                && error?.underlying is CurlError
        }
    }
}
