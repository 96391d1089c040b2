import Foundation
import Testing
import TrickleRelay
import TrickleTesting

/// Clients that keep the relay waiting are let go.
@Suite struct DeadlineTests {
    /// What a plain connection that sends `request` is told until the relay closes it.
    private func answer(
        to request: String, _ change: (inout RelayConfiguration) -> Void
    ) async throws -> String {
        try await withRelayServer(change) { relay in
            try await PlainClient.with(relay) { client in
                if !request.isEmpty { try await client.send(request) }
                return await client.rest()
            }
        }
    }

    // The others may be the beginning of HTTP/2.
    @Test(arguments: ["GET /cam/0 HTTP/1.1\r\nHost: x\r\n", "P", "PRI * HTTP/"])
    func aHeadThatDoesNotEndGets408(_ begun: String) async throws {
        let text = try await answer(to: begun) { $0.headTimeout = .milliseconds(1) }
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("Connection: close"))
    }

    @Test func aConnectionWithoutARequestIsClosedInSilenceWhenAChannelWouldBeIdle() async throws {
        let text = try await answer(to: "") {
            $0.keepAliveTimeout = .milliseconds(1)
            $0.limits.idleTimeout = .milliseconds(1)
        }
        #expect(text.isEmpty)
    }

    @Test func oneConnectionTooManyFromAnAddressGets429() async throws {
        let text = try await answer(to: "") { $0.connectionsPerAddress = 0 }
        #expect(text.hasPrefix("HTTP/1.1 429 "))
    }

    @Test(arguments: [
        "GET /cam/0 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "DELETE /cam HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
        "POST /cam HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        PlainRequest.post("/cam/0") + "5",
        PlainRequest.post("/cam/0") + "5\r\nhello\r\n0\r\n",
        PlainRequest.post("/cam/0") + "5\r\nhello\r\n0\r\nTrailer: x",
    ])
    func aBodyThatDoesNotComeGets408(request: String) async throws {
        let text = try await answer(to: request) { $0.headTimeout = .milliseconds(1) }
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("Connection: close"))
    }

    @Test(arguments: ["", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n"])
    func theBytesOfASegmentMayBeSilent(sent: String) async throws {
        try await withRelayServer {
            // A busy machine may take a moment to read what was sent at once.
            $0.headTimeout = .seconds(3)
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0") + sent)
                // Deadlines are looked at once a second: that a second connection's has passed shows that the first's would have.
                let other = try await PlainClient.with(relay) { client in
                    try await client.send("GET /cam/0 HTT")
                    return await client.rest()
                }
                #expect(other.hasPrefix("HTTP/1.1 408 "))
                let all = "5\r\nhello\r\n0\r\n\r\n"
                try await publisher.send(String(all.dropFirst(sent.count)))
                #expect(try await publisher.answer().hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test(arguments: [
        PlainRequest.get("/cam/next"), PlainRequest.create("/cam"),
        PlainRequest.post("/cam/0") + PlainRequest.chunk("hello") + PlainRequest.lastChunk,
        "POST /cam/0 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "DELETE /cam HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab",
    ])
    func aHeadThatBeginsBehindAWholeRequestGets408(request: String) async throws {
        let text = try await answer(to: request + "GET /cam/0 HTTP/1.1\r\nHo") { $0.headTimeout = .milliseconds(1) }
        #expect(text.components(separatedBy: "HTTP/1.1 ").count == 3)
        #expect(!text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("HTTP/1.1 408 "))
    }

    /// Two connections whose GET of a segment waits, each with something behind it, when a deadline has passed.
    private func withWaitingGets(
        _ behind: [String], _ body: (RelayServer, [PlainClient]) async throws -> Void
    ) async throws {
        try await withRelayServer {
            $0.headTimeout = .milliseconds(1)
        } _: { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.create("/cam"))
                _ = try await publisher.answer()
            }
            try await PlainClient.with(relay) { first in
                try await PlainClient.with(relay) { second in
                    for (client, text) in zip([first, second], behind) {
                        try await client.send(PlainRequest.get("/cam/0") + text)
                    }
                    try await body(relay, [first, second])
                }
            }
        }
    }

    @Test func aHeadThatBeginsBehindAWaitingGetHasToEndToo() async throws {
        try await withWaitingGets(["GET /cam/1", PlainRequest.get("/cam/next") + "GET"]) { relay, clients in
            // What begins behind a whole request is not looked at before that has its turn.
            #expect(await clients[0].rest().isEmpty)
            try await relay.tells("trickle_subscribers 1")
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("x") + "0\r\n\r\n")
                _ = try await publisher.answer()
            }
            let text = await clients[1].rest()
            #expect(text.contains("\r\n0\r\n\r\nHTTP/1.1 200 "))
            #expect(text.contains("HTTP/1.1 408 "))
        }
    }

    @Test func aHeadBehindAWaitingGetMayComeInPieces() async throws {
        try await withRelayServer {
            $0.headTimeout = TestLimit.wait
        } _: { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.create("/cam"))
                _ = try await client.answer()
                try await client.send(PlainRequest.get("/cam/0"))
                for byte in PlainRequest.get("/cam/next") { try await client.send(String(byte)) }
                try await relay.tells("trickle_subscribers 1")
                try await PlainClient.with(relay) { publisher in
                    try await publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("x") + "0\r\n\r\n")
                    _ = try await publisher.answer()
                }
                let end = "\r\n0\r\n\r\nHTTP/1.1 200 "
                #expect(try await client.read(to: end).hasSuffix(end))
            }
        }
    }
}
