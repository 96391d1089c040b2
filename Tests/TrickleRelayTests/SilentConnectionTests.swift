import NIOCore
import Testing
import TrickleTesting

@testable import TrickleRelay

/// Who may be silent for how long, and who gives way when there is no room.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct SilentConnectionTests {
    private func withHurriedRelay(_ body: (RelayServer) async throws -> Void) async throws {
        try await withRelayServer {
            $0.keepAliveTimeout = .milliseconds(1)
        } _: {
            try await body($0)
        }
    }

    /// Waits until a connection that has only read is closed for its silence: others that were silent before it would be, too.
    private func letKeepAlivePass(_ relay: RelayServer) async throws {
        let text = try await PlainClient.with(relay) { reader in
            try await reader.send(PlainRequest.get("/nothing/0"))
            return await reader.rest()
        }
        #expect(text.hasPrefix("HTTP/1.1 404 "))
        #expect(!text.contains("Connection: close"))
    }

    /// A client such as aiohttp's sends the head of a POST when it has the first byte of its body.
    private func publish(_ number: Int, on client: PlainClient) async throws {
        try await client.send(PlainRequest.post("/cam/\(number)") + PlainRequest.chunk("segment \(number)"))
        try await client.send(PlainRequest.lastChunk)
        #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `a publisher whose heads come with their bodies loses nothing to keep-alive`() async throws {
        try await withHurriedRelay { relay in
            try await PlainClient.with(relay) { even in
                try await PlainClient.with(relay) { odd in
                    // Each is preconnected, silently, while the other one publishes; at first both are new.
                    for number in 0..<4 {
                        try await letKeepAlivePass(relay)
                        try await publish(number, on: number.isMultiple(of: 2) ? even : odd)
                    }
                }
            }
            for number in 0..<4 {
                try await PlainClient.with(relay) { reader in
                    try await reader.send(PlainRequest.get("/cam/\(number)"))
                    #expect(try await reader.read(to: "segment \(number)").hasPrefix("HTTP/1.1 200 "))
                }
            }
        }
    }

    @Test(arguments: [PlainRequest.create("/cam"), PlainRequest.get("/cam/next")])
    func `what a publisher asks before its first segment leaves it the time`(request: String) async throws {
        try await withHurriedRelay { relay in
            try await PlainClient.with(relay) { publisher in
                try await publisher.send(request)
                _ = try await publisher.read(to: "\r\n\r\n")
                if request.hasPrefix("GET") { _ = try await publisher.read(to: "found\n") }
                try await letKeepAlivePass(relay)
                try await publish(0, on: publisher)
            }
        }
    }

    @Test func `who has published may read in between`() async throws {
        try await withHurriedRelay { relay in
            try await PlainClient.with(relay) { client in
                try await publish(0, on: client)
                try await client.send(PlainRequest.get("/cam/0"))
                _ = try await client.read(to: "segment 0")
                try await letKeepAlivePass(relay)
                try await publish(1, on: client)
            }
        }
    }

    @Test(arguments: [
        PlainRequest.get("/_channels"), PlainRequest.get("/cam/next") + PlainRequest.get("/cam/0"),
        PlainRequest.get("/cam/0") + PlainRequest.get("/cam/next"), PlainRequest.get("/"),
        "DELETE /cam HTTP/1.1\r\nHost: relay\r\n\r\n",
    ])
    func `who has only asked is closed after keep-alive`(requests: String) async throws {
        try await withHurriedRelay { relay in
            let text = try await PlainClient.with(relay) { client in
                try await client.send(requests)
                return await client.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 "))
        }
    }

    @Test func `half a head on a new connection has the time of a head`() async throws {
        try await withRelayServer {
            $0.headTimeout = .milliseconds(1)
        } _: { relay in
            try await PlainClient.with(relay) { client in
                try await client.send("POST /cam/0 HTT")
                #expect(await client.rest().hasPrefix("HTTP/1.1 408 "))
            }
        }
    }

    @Test(arguments: [1, 3]) func `those that were silent for the longest time give way`(threadCount: Int) async throws
    {
        try await withRelayServer {
            $0.threadCount = threadCount
        } _: { relay in
            #expect(await isRoomMade(at: relay) == false)
            try await PlainClient.with(relay) { waiting in
                try await waiting.send(PlainRequest.create("/cam"))
                _ = try await waiting.answer()
                try await waiting.send(PlainRequest.get("/cam/0"))
                try await relay.tells("trickle_subscribers 1")
                let count = RelayServer.givenUpCount(of: 0)
                try await withSilent(count + 1, at: relay) { silent in
                    #expect(await isRoomMade(at: relay))
                    for client in silent.dropLast() { #expect(await client.rest().isEmpty) }
                    try await publish(0, on: silent[count])
                }
                #expect(try await waiting.read(to: "segment 0").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func `of many connections more give way at a time, for all are looked at each time`() {
        #expect(RelayServer.givenUpCount(of: 1_000) == 16)
        #expect(RelayServer.givenUpCount(of: 64_000) == 1_000)
    }

    private func isRoomMade(at relay: RelayServer) async -> Bool {
        await onThread { relay.makeRoom() }
    }

    /// Opens silent connections one after the other: each is there before the next one comes.
    private func withSilent(
        _ count: Int, at relay: RelayServer, _ body: ([PlainClient]) async throws -> Void
    ) async throws {
        try await withSilent(count, [], at: relay, body)
    }

    private func withSilent(
        _ count: Int, _ clients: [PlainClient], at relay: RelayServer, _ body: ([PlainClient]) async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body(clients) }
        let before = await relay.connectionCount
        try await PlainClient.with(relay) { client in
            while await relay.connectionCount == before { await Task.yield() }
            try await withSilent(count - 1, clients + [client], at: relay, body)
        }
    }
}

extension RelayServer {
    /// Connections that are set up.
    fileprivate var connectionCount: Int {
        get async {
            var count = 0
            for lane in lanes { count += (try? await lane.eventLoop.submit { lane.connections.count }.get()) ?? 0 }
            return count
        }
    }
}
