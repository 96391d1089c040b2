import Testing
import TrickleKit
import TrickleTesting

/// The publisher against a server that does exactly what each test says.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct PublisherTests {
    private let channel = try! ChannelName("cam 1")

    /// A publisher that is open at `next`.
    private func openPublisher(
        _ server: ScriptedServer, next: Int = 0, features: String? = "head",
        configuration: ClientConfiguration = .unhurried
    ) async throws -> (Publisher, ScriptedConnection) {
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: configuration)
        let script = ServerScript {
            let connection = try server.acceptNow()
            let creation = try connection.readHeadNow()
            // Whoever announces something bears preconnected requests.
            try connection.answerNow("200 OK", features.map { ["Lp-Trickle-Features": $0] } ?? [:])
            let question = try connection.readHeadNow()
            try connection.answerNow("200 OK", ["Lp-Trickle-Latest": "\(next)"], body: "\(next)")
            return (connection, creation, question)
        }
        try await publisher.open()
        let (connection, creation, question) = try await script.finish()
        #expect(creation.line == "POST /cam%201 HTTP/1.1")
        #expect(creation.fields["expect-content"] == "video/MP2T")
        #expect(question.line == "GET /cam%201/next HTTP/1.1")
        return (publisher, connection)
    }

    @Test func itTakesTheNextNumberFromTheBodyWhereNoHeaderHasIt() async throws {
        let server = try ScriptedServer()
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: .unhurried)
        async let opened: Void = publisher.open()
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("200 OK")
        _ = try await connection.readHead()
        try await connection.answer("200 OK", body: "41\n")
        try await opened
        #expect(try await publisher.nextSegment().sequence == 41)
    }

    @Test func theRequestIsOnTheWireBeforeTheFirstByte() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server, next: 7)
        let segment = try await publisher.nextSegment()
        let head = try await connection.readHead()
        #expect(head.line == "POST /cam%201/7 HTTP/1.1")
        #expect(head.fields["content-type"] == "video/MP2T")
        #expect(head.fields["transfer-encoding"] == "chunked")
        #expect(head.fields["expect"] == nil)
        try await segment.write([1, 2, 3])
        #expect(try await connection.readChunk() == [1, 2, 3])
    }

    @Test func theNextSegmentIsPreconnectedWhileThisOneIsWritten() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await first.readHead()
        try await segment.write([1])
        let second = try await server.accept()
        #expect(try await second.readHead().line == "POST /cam%201/1 HTTP/1.1")
        async let finished: Void = segment.finish()
        #expect(try await first.readBody() == [1])
        try await first.answer("200 OK")
        try await finished
        let next = try await publisher.nextSegment()
        try await next.write([2])
        #expect(try await second.readChunk() == [2])
    }

    @Test func finishingWaitsForTheAnswer() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await segment.write([1])
        async let finished: Void = segment.finish()
        #expect(try await connection.readBody() == [1])
        #expect(publisher.statistics.segmentsFinished == 0)
        try await connection.answer("200 OK")
        try await finished
        #expect(publisher.statistics.segmentsFinished == 1)
    }

    @Test func aRelayThatReadsNothingHoldsTheWriterBack() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        let total = 64 << 20
        let writing = Task {
            for _ in 0..<64 { try await segment.write([UInt8](repeating: 5, count: 1 << 20)) }
            segment.finishWithoutWaiting()
        }
        // More than the kernel's buffers and the client's own together hold cannot have been taken.
        var received = try await connection.readChunk()?.count ?? 0
        #expect(publisher.statistics.bytesSent < total)
        while let chunk = try await connection.readChunk() { received += chunk.count }
        #expect(received == total)
        try await writing.value
    }

    @Test func anAbortedSegmentBreaksItsConnection() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await segment.write([1])
        #expect(try await connection.readChunk() == [1])
        segment.abort()
        await #expect(throws: ScriptedServer.Failure.self) { try await connection.readChunk() }
        await #expect { try await segment.write([2]) } throws: { ($0 as? TrickleError)?.code == .misuse }
    }

    @Test func aCancelledWriterBreaksItsConnection() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        let writing = Task { while true { try await segment.write([UInt8](repeating: 5, count: 1 << 20)) } }
        _ = try await connection.readChunk()
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        try await connection.readToClose()
    }

    @Test func aPreconnectedRequestThatBreaksIsMadeAgain() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await first.readHead()
        first.shutdownNow()
        let second = try await server.accept()
        #expect(try await second.readHead().line == "POST /cam%201/0 HTTP/1.1")
        try await segment.write([1])
        async let finished: Void = segment.finish()
        #expect(try await second.readBody() == [1])
        try await second.answer("200 OK")
        try await finished
    }

    @Test func anInterimAnswerIsNotTheAnswer() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        for _ in 0..<5 { try await connection.send("HTTP/1.1 100 Continue\n\n") }
        try await segment.write([1])
        async let finished: Void = segment.finish()
        #expect(try await connection.readBody() == [1])
        try await connection.answer("200 OK")
        try await finished
    }

    @Test func theEndOfTheChannelReachesAPreconnectedPublisher() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated", "Connection": "close"])
        await #expect { try await segment.finish() } throws: { ($0 as? TrickleError)?.code == .channelClosed }
    }

    @Test func theEndOfTheChannelReachesAPublisherInMidSegment() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await segment.write([1])
        #expect(try await connection.readChunk() == [1])
        try await connection.answer("200 OK", ["Lp-Trickle-Closed": "terminated", "Connection": "close"])
        await #expect {
            while true { try await segment.write([2]) }
        } throws: {
            ($0 as? TrickleError)?.code == .channelClosed
        }
    }

    @Test func aRefusalInMidSegmentIsToldInTheRelaysWords() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await segment.write([1])
        #expect(try await connection.readChunk() == [1])
        try await connection.answer("413 Too Large", ["Connection": "close"], body: "segments end at 1 MiB here\n")
        await #expect {
            while true { try await segment.write([2]) }
        } throws: { error in
            let error = error as? TrickleError
            return error?.code == .refused && error?.status == 413
                && error?.message.contains("segments end at 1 MiB here") == true
        }
    }

    @Test func aConnectionThatBreaksInMidSegmentLosesThatSegmentOnly() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await first.readHead()
        try await segment.write([1])
        #expect(try await first.readChunk() == [1])
        let second = try await server.accept()
        _ = try await second.readHead()
        first.reset()
        await #expect { try await segment.finish() } throws: { ($0 as? TrickleError)?.code == .segmentCut }
        let next = try await publisher.nextSegment()
        #expect(next.sequence == 1)
        async let finished: Void = next.finish()
        #expect(try await second.readBody() == [])
        try await second.answer("200 OK")
        try await finished
        #expect(publisher.statistics.segmentsAborted == 1)
        #expect(publisher.statistics.segmentsFinished == 1)
    }

    @Test func aChannelThatTheRelayForgotIsCreatedAgain() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server, next: 9)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await connection.answer("404 Not Found", ["Connection": "close"], body: "Stream not found\n")
        let second = try await server.accept()
        #expect(try await second.readHead().line == "POST /cam%201 HTTP/1.1")
        try await second.answer("200 OK")
        #expect(try await second.readHead().line == "POST /cam%201/9 HTTP/1.1")
        async let finished: Void = segment.finish()
        #expect(try await second.readBody() == [])
        try await second.answer("200 OK")
        try await finished
    }

    @Test func aRelayThatTakesNothingForTheStallTimeoutIsABrokenConnection() async throws {
        let server = try ScriptedServer()
        var configuration = ClientConfiguration.unhurried
        configuration.stallTimeout = .seconds(5)
        let (publisher, connection) = try await openPublisher(server, configuration: configuration)
        let segment = try await publisher.nextSegment()
        _ = try await connection.readHead()
        try await segment.write([1])
        #expect(try await connection.readChunk() == [1])
        // The end comes and no answer follows.
        await #expect { try await segment.finish() } throws: { ($0 as? TrickleError)?.code == .segmentCut }
    }

    @Test func aRelayThatCreatesNoChannelsSaysSo() async throws {
        let server = try ScriptedServer()
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: .unhurried)
        let opened = Task { try await publisher.open() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("404 Not Found", body: "Stream not found\n")
        await #expect { try await opened.value } throws: { ($0 as? TrickleError)?.code == .channelNotFound }
    }

    @Test func whatIsBeingMadeWhenTheStopComesIsTakenBack() async throws {
        let server = try ScriptedServer()
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: .unhurried)
        let opening = Task { try await publisher.open() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        opening.cancel()
        // Nothing may go out behind the request before its answer has come.
        try await connection.answer("200 OK", ["Connection": "close", "Lp-Trickle-Features": "resume, size"])
        await #expect(throws: CancellationError.self) { try await opening.value }
        let closing = Task { try await publisher.close() }
        let deletion = try await server.accept()
        #expect(try await deletion.readHead().line == "DELETE /cam%201 HTTP/1.1")
        try await deletion.answer("200 OK")
        try await closing.value
    }

    @Test(arguments: [0, 7])
    func onARelayThatDoesNotTellWhoseAChannelIsOnlyWhoBeganItClosesIt(next: Int) async throws {
        let server = try ScriptedServer()
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: .unhurried)
        let opening = Task { try await publisher.open() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        try await connection.answer("200 OK")
        #expect(try await connection.readHead().line == "GET /cam%201/next HTTP/1.1")
        try await connection.answer("400 Bad Request")
        #expect(try await connection.readHead().line == "GET /cam%201/2147483647 HTTP/1.1")
        try await connection.answer("470 ", ["Lp-Trickle-Latest": "\(next)"])
        try await opening.value
        #expect(publisher.nextSequence == SequenceNumber(next))
        let closing = Task {
            try await publisher.close()
            connection.shutdownNow()
        }
        if next == 0 {
            #expect(try await connection.readHead().line == "DELETE /cam%201 HTTP/1.1")
            // What such a server says where the channel has gone already.
            try await connection.answer("400 Bad Request", body: "Invalid stream\n")
        } else {
            // Nothing comes before the end.
            await #expect(throws: ScriptedServer.Failure.self) { try await connection.readHead() }
        }
        try await closing.value
    }

    @Test func aRelayThatDoesNotAnswerHoldsNoCancelledOpeningUp() async throws {
        let server = try ScriptedServer()
        let publisher = Publisher(relay: server.relay, channel: channel, configuration: .unhurried)
        let opening = Task { try await publisher.open() }
        let connection = try await server.accept()
        _ = try await connection.readHead()
        opening.cancel()
        await #expect(throws: CancellationError.self) { try await opening.value }
        // The relay may have made it all the same.
        let closing = Task { try await publisher.close() }
        let deletion = try await server.accept()
        #expect(try await deletion.readHead().line == "DELETE /cam%201 HTTP/1.1")
        try await deletion.answer("200 OK")
        try await closing.value
    }

    @Test func whoHasAskedForNothingClosesNothing() async throws {
        // Nobody listens there.
        let publisher = try Publisher(relay: RelayURL("http://127.0.0.1:1"), channel: channel)
        let opening = Task {
            try? await Task.sleep(for: TestLimit.wait)
            try await publisher.open()
        }
        opening.cancel()
        await #expect(throws: CancellationError.self) { try await opening.value }
        try await publisher.close()
    }

    @Test func closingDeletesTheChannel() async throws {
        let server = try ScriptedServer()
        let (publisher, connection) = try await openPublisher(server)
        async let closed: Void = publisher.close()
        #expect(try await connection.readHead().line == "DELETE /cam%201 HTTP/1.1")
        try await connection.answer("200 OK")
        try await closed
        await #expect { try await publisher.nextSegment() } throws: { ($0 as? TrickleError)?.code == .misuse }
    }

    @Test func segmentsEndedWithoutWaitingAreAnsweredForLater() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server)
        let segment = try await publisher.nextSegment()
        _ = try await first.readHead()
        segment.finishWithoutWaiting()
        let second = try await server.accept()
        _ = try await second.readHead()
        #expect(try await first.readBody() == [])
        let closed = Task { try await publisher.close() }
        try await first.answer("507 Insufficient Storage", body: "no room\n")
        #expect(try await first.readHead().line == "DELETE /cam%201 HTTP/1.1")
        try await first.answer("200 OK")
        await #expect { try await closed.value } throws: { ($0 as? TrickleError)?.status == 507 }
    }

    @Test func headersAndCredentialsGoWithEveryRequest() async throws {
        let server = try ScriptedServer()
        var configuration = ClientConfiguration.unhurried
        configuration.headers = [("X-Token", "abc")]
        let relay = try RelayURL("http://me:p%40ss@127.0.0.1:\(server.port)/base/")
        let publisher = Publisher(relay: relay, channel: channel, configuration: configuration)
        async let opened: Void = publisher.open()
        let connection = try await server.accept()
        for body in ["", "0"] {
            let head = try await connection.readHead()
            #expect(head.line.contains(" /base/cam%201"))
            #expect(head.fields["x-token"] == "abc")
            #expect(head.fields["authorization"] == "Basic bWU6cEBzcw==")
            try await connection.answer("200 OK", body: body)
        }
        try await opened
    }

    @Test func aHeaderWithALineBreakIsRefused() async throws {
        var configuration = ClientConfiguration.unhurried
        configuration.headers = [("X-Token", "a\r\nX-Other: b")]
        let publisher = try Publisher(
            relay: RelayURL("http://127.0.0.1:1"), channel: channel, configuration: configuration)
        await #expect { try await publisher.open() } throws: { ($0 as? TrickleError)?.code == .invalidConfiguration }
    }

    @Test func anOlderServerGetsTheNextRequestWhenTheFirstSegmentHasEnded() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server, features: nil)
        let segment = try await publisher.nextSegment()
        #expect(try await first.readHead().line == "POST /cam%201/0 HTTP/1.1")
        try await segment.write([1])
        #expect(try await first.readChunk() == [1])
        async let finished: Void = segment.finish()
        #expect(try await first.readChunk() == nil)
        // The end has come on the first connection; only then the second is made.
        let second = try await server.accept()
        #expect(try await second.readHead().line == "POST /cam%201/1 HTTP/1.1")
        try await first.answer("200 OK")
        try await finished
    }

    @Test func anErrorInTheMiddleOfASegmentLosesItsRestOnly() async throws {
        let server = try ScriptedServer()
        let (publisher, first) = try await openPublisher(server, features: nil)
        var segments = SegmentSequenceWriter(publisher)
        try await segments.begin()
        _ = try await first.readHead()
        try await segments.write([1])
        #expect(try await first.readChunk() == [1])
        try await first.answer("500 Internal Server Error", ["Connection": "close"])
        while segments.lostCount == 0 { try await segments.write([2]) }
        try await segments.write([3])
        try await segments.begin()
        #expect(segments.sequence == 1)
        let second = try await server.accept()
        #expect(try await second.readHead().line == "POST /cam%201/1 HTTP/1.1")
        try await segments.write([4])
        #expect(try await second.readChunk() == [4])
        async let answered: Void = {
            #expect(try await second.readChunk() == nil)
            try await second.answer("200 OK")
        }()
        try await segments.finish()
        try await answered
        #expect(segments.lostCount == 1)
        #expect(publisher.statistics.segmentsFinished == 1)
    }
}
