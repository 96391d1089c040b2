import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

/// Requests as only few clients make them.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RequestTests {
    @Test func aRangeBesideAnEarlyHeadIsAnsweredWithAHead() async throws {
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            let segment = try publisher.nextSegment()
            try segment.write("hello".utf8)
            for (range, wait, status) in [("100-", "9", "416"), ("5-", "0", "204"), ("1-2", "9", "206")] {
                let answer = try await PlainClient.with(relay) { client in
                    try await client.send(
                        "GET /cam/0 HTTP/1.1\r\nHost: relay\r\nLp-Trickle-Head: early\r\nRange: bytes=\(range)\r\n"
                            + "Lp-Trickle-Wait: \(wait)\r\nConnection: close\r\n\r\n")
                    return await client.rest()
                }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "bytes=\(range): \(answer)")
            }
        }
    }

    /// What follows on it is read by nobody, so that the connection has to end.
    @Test(arguments: [
        PlainRequest.get("/cam/next").dropLast(2) + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "POST /cam/0 HTTP/1.1\r\nHost: relay\r\nContent-Length: 1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nx",
        "CONNECT relay:80 HTTP/1.1\r\nHost: relay\r\n\r\n",
    ])
    func aRequestForAnotherProtocolIsAnsweredAndEndsTheConnection(request: String) async throws {
        try await withRelayServer { relay in
            let answer = try await PlainClient.with(relay) { client in
                try await client.send(request + PlainRequest.get("/_channels"))
                return await client.rest()
            }
            #expect(answer.hasPrefix("HTTP/1.1 "))
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.split(separator: "HTTP/1.1 ").count == 1)
        }
    }
}
