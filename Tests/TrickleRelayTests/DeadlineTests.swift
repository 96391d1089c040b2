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

    @Test func aHeadThatDoesNotEndGets408() async throws {
        let text = try await answer(to: "GET /cam/0 HTTP/1.1\r\nHost: x\r\n") { $0.headTimeout = .milliseconds(1) }
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("Connection: close"))
    }

    @Test func aConnectionWithoutARequestIsClosedInSilence() async throws {
        let text = try await answer(to: "") { $0.keepAliveTimeout = .milliseconds(1) }
        #expect(text.isEmpty)
    }

    @Test func oneConnectionTooManyFromAnAddressGets429() async throws {
        let text = try await answer(to: "") { $0.connectionsPerAddress = 0 }
        #expect(text.hasPrefix("HTTP/1.1 429 "))
    }
}
