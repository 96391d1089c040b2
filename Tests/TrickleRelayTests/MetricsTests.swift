import Logging
import NIOCore
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@Suite struct MetricsTests {
    @Test func aPageTellsWhatHasHappened() async throws {
        try await withRelayServer { relay in
            let publisher = try relay.publisher(of: try ChannelName("a\"b"))
            let segment = try publisher.nextSegment()
            try segment.write("hello".utf8)
            try segment.finish()
            _ = try publisher.nextSegment().write("x".utf8)
            let page = await relay.metrics()
            for line in [
                "trickle_channels 1", "trickle_connections 0", #"trickle_channel_bytes_in_total{channel="a\"b"} 6"#,
                #"trickle_channel_segments_total{channel="a\"b"} 2"#,
                #"trickle_channel_aborted_total{channel="a\"b"} 1"#,
                #"trickle_channel_next{channel="a\"b"} 2"#,
            ] {
                #expect(page.split(separator: "\n").contains(Substring(line)), "\(line) is not in\n\(page)")
            }
        }
    }

    /// The status of an answer of the listener for those who operate the relay.
    private func status(of path: String, port: Int) async throws -> String {
        try await PlainClient.with(port: port) { client in
            try await client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            return String(try await client.read(to: "\r\n").dropFirst("HTTP/1.1 ".count).prefix(3))
        }
    }

    @Test(.timeLimit(.minutes(TestLimit.minutes))) func aHeadGetsNoBodyAndConnectionCloseIsKept() async throws {
        try await withRelayServer { relay in
            let port = try await relay.serveMetrics(host: "127.0.0.1", port: 0)
            for path in ["/healthz", "/metrics"] {
                let answer = try await PlainClient.with(port: port) { client in
                    try await client.send("HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    return await client.rest()
                }
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
                #expect(answer.contains("\r\nConnection: close\r\n"))
            }
        }
    }

    @Test(.timeLimit(.minutes(TestLimit.minutes))) func aTakenAddressIsToldWithWhatToDo() async throws {
        try await withRelayServer { relay in
            let port = try await relay.serveMetrics(host: "127.0.0.1", port: 0)
            let error = await #expect(throws: RelayStartError.self) {
                try await relay.serveMetrics(host: "127.0.0.1", port: port)
            }
            #expect(error?.description.hasSuffix("choose another with --metrics") == true, "\(error as Any)")
        }
    }

    @Test(.timeLimit(.minutes(TestLimit.minutes))) func aRelayThatGoesDownIsNotReadyButAlive() async throws {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.shutdownTimeout = .seconds(3600)
        let relay = try RelayServer.start(configuration: configuration, logger: Logger(label: "test"))
        let port = try await relay.serveMetrics(host: "127.0.0.1", port: 0)
        #expect(try await status(of: "/readyz", port: port) == "200")
        let publisher = try relay.publisher(of: try ChannelName("cam"))
        // A reader that takes nothing keeps the relay from its end.
        let end = try await PlainClient.with(relay, receiveBuffer: 4096) { reader in
            try await reader.send(PlainRequest.get("/cam/0"))
            let segment = try publisher.nextSegment()
            for _ in 0..<64 { try segment.write(ByteBuffer(repeating: 7, count: 256 << 10)) }
            try await relay.tells("trickle_subscribers 1")
            let end = Task { await relay.shutDown() }
            while try await status(of: "/readyz", port: port) != "503" {}
            #expect(try await status(of: "/healthz", port: port) == "200")
            #expect(try await status(of: "/metrics", port: port) == "200")
            return end
        }
        await end.value
    }
}
