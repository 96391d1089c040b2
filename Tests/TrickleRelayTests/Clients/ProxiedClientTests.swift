import Logging
import NIOPosix
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// Limits, log and metrics mean the client behind a trusted proxy; the tests are such a proxy.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ProxiedClientTests {
    private enum Naming: CaseIterable {
        case line, binary, field

        /// A request of a client whose address ends with the number.
        func request(_ text: String, from number: Int) -> String {
            switch self {
            case .line: "PROXY TCP4 192.0.2.\(number) 127.0.0.1 4096 2939\r\n\(text)"
            case .binary:
                String(
                    decoding: ProxyHeaderBytes.binary(
                        family: 0x11, addresses: [1, 0, 2, UInt8(number), 127, 0, 0, 1, 0x10, 0, 0x0B, 0x7B]),
                    as: UTF8.self) + text
            case .field:
                text.replacing(
                    "\r\n\r\n", with: "\r\nX-Forwarded-For: 203.0.113.1, 192.0.2.\(number)\r\n\r\n", maxReplacements: 1)
            }
        }
    }

    private func withRelay<Result>(
        trusting range: String = "127.0.0.0/8", logger: Logger = Logger(label: "test"),
        _ body: (RelayServer) async throws -> Result
    ) async throws -> Result {
        let proxies = TrustedProxies([try #require(AddressRange(range))])
        return try await withRelayServer(
            {
                $0.proxies = proxies
                $0.connectionsPerAddress = 1
            }, logger: logger, body)
    }

    @Test(arguments: Naming.allCases)
    private func `each client has its own limit, however many come through one proxy`(naming: Naming) async throws {
        try await withRelay { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(naming.request(PlainRequest.post("/cam/0"), from: 1))
                try await relay.hasTakenIn(PlainRequest.post("/cam/0"))
                for reader in 2...4 {
                    try await PlainClient.with(relay) { client in
                        try await client.send(naming.request(PlainRequest.get("/cam/next"), from: reader))
                        #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                    }
                }
                try await PlainClient.with(relay) { client in
                    try await client.send(naming.request(PlainRequest.get("/cam/next"), from: 1))
                    let answer = try await client.answer()
                    #expect(answer.hasPrefix("HTTP/1.1 429 "))
                    #expect(answer.contains("\r\nRetry-After: 1\r\n"))
                }
                try await relay.tells("trickle_connections_turned_away_total 1")
                try await relay.tells("trickle_client_addresses 1")
            }
            try await relay.tells("trickle_client_addresses 0")
        }
    }

    @Test func `a proxy's connection is for one client after the other`() async throws {
        try await withRelay { relay in
            try await PlainClient.with(relay) { waiting in
                try await waiting.send(Naming.field.request(PlainRequest.create("/cam"), from: 1))
                _ = try await waiting.answer()
                try await waiting.send(Naming.field.request(PlainRequest.get("/cam/0"), from: 1))
                try await relay.tells("trickle_subscribers 1")
                try await PlainClient.with(relay) { proxy in
                    for (client, status) in [(2, "200"), (1, "429"), (3, "200"), (1, "429"), (2, "200")] {
                        try await proxy.send(Naming.field.request(PlainRequest.get("/cam/next"), from: client))
                        let answer = try await proxy.answer()
                        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                        #expect(!answer.contains("Connection: close"))
                        let length = try #require(answer.firstMatch(of: /Content-Length: (\d+)/)?.1)
                        _ = try await proxy.read(count: try #require(Int(length)))
                    }
                }
            }
        }
    }

    @Test func `the log names the client`() async throws {
        let lines = LogLines()
        try await withRelay(logger: lines.logger) { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(
                    Naming.line.request(PlainRequest.post("/cam/0") + PlainRequest.chunk("x"), from: 7))
                try await relay.tells("trickle_bytes_in_total 1")
            }
            try await until { lines.all.contains { $0.contains("broke off") && $0.contains("client=192.0.2.7") } }
        }
    }

    @Test(arguments: Naming.allCases)
    private func `from elsewhere nobody is named`(naming: Naming) async throws {
        try await withRelay(trusting: "192.0.2.0/24") { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(naming.request(PlainRequest.get("/cam/next"), from: 1))
                // A header that is not to be read is no request.
                let status = try await client.answer().split(separator: " ")[1]
                #expect(status == (naming == .field ? "404" : naming == .line ? "501" : "400"))
                // The connection, where there still is one, counts as the proxy's.
                guard naming == .field else { return }
                try await PlainClient.with(relay) { second in #expect(await second.rest().hasPrefix("HTTP/1.1 429 ")) }
            }
        }
    }

    @Test func `a proxy's own connection, and one without a name, are no client's`() async throws {
        try await withRelay { relay in
            try await PlainClient.with(relay) { health in
                try await health.send("PROXY UNKNOWN\r\n")
                try await PlainClient.with(relay) { client in
                    try await client.send(PlainRequest.get("/cam/next"))
                    #expect(try await client.answer().hasPrefix("HTTP/1.1 404 "))
                }
                try await health.send(PlainRequest.get("/cam/next"))
                #expect(try await health.answer().hasPrefix("HTTP/1.1 404 "))
            }
        }
    }

    @Test(arguments: ["PROXY nonsense\r\n", "PROXY TCP4 192.0.2.1\r\n", "PROXY " + String(repeating: "x", count: 200)])
    func `a header that breaks the rules gets 400`(header: String) async throws {
        try await withRelay { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(header + PlainRequest.get("/cam/next"))
                #expect(await client.rest().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test func `a connection that waits behind its header is no head that has begun`() async throws {
        try await withRelayServer {
            $0.proxies = TrustedProxies([AddressRange("127.0.0.1")!])
            $0.headTimeout = .milliseconds(1)
            $0.keepAliveTimeout = .seconds(2)
            $0.limits.idleTimeout = .seconds(2)
        } _: { relay in
            let text = try await PlainClient.with(relay) { client in
                // On a busy machine the connection may have been idle for too long before this.
                try? await client.send("PROXY UNKNOWN\r\n")
                return await client.rest()
            }
            #expect(text.isEmpty)
        }
    }

    @Test func `half a header is a head that has begun`() async throws {
        try await withRelayServer {
            $0.proxies = TrustedProxies([AddressRange("127.0.0.1")!])
            $0.headTimeout = .milliseconds(1)
        } _: { relay in
            let text = try await PlainClient.with(relay) { client in
                try await client.send("PROXY UNK")
                return await client.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 408 "))
        }
    }
}

/// What nobody sees of a connection is in the log and the metrics.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SetupFailureTests {
    @Test func `connections that cannot be set up are counted, and told of once`() async throws {
        let lines = LogLines()
        try await withRelayServer(logger: lines.logger) { relay in
            for _ in 0..<3 {
                // Such a socket knows no option of TCP.
                var descriptors: [Int32] = [0, 0]
                #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
                relay.connect(descriptors[0], from: .unknown)
                var byte: UInt8 = 0
                #expect(read(descriptors[1], &byte, 1) == 0)
                close(descriptors[1])
            }
            try await relay.tells("trickle_connections_failed_total 3")
            #expect(relay.census.report.count == 0)
        }
        #expect(lines.all.count { $0.contains("could not be set up") } == 1)
    }

    @Test func `at intervals the log tells how often it was not told`() {
        let lines = LogLines()
        let log = RateLimitedLog(lines.logger, level: .error)
        for second: UInt64 in [0, 1, 9, 10, 11, 30] {
            log.happened(now: .uptimeNanoseconds(second * 1_000_000_000)) { "it" }
        }
        #expect(lines.all == ["it", "it (2 more since the last line)", "it (1 more since the last line)"])
        #expect(log.count == 6)
    }
}
