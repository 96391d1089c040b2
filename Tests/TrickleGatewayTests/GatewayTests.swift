import Logging
import Testing
import TrickleGateway
import TrickleTesting

/// Which requests the gateway takes.
@Suite(.timeLimit(.minutes(1))) struct GatewayTests {
    @Test func whatItDoesNotKnowIsAnsweredAsByARelayAlone() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam/nonsense"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }
}
