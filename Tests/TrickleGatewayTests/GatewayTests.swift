import Logging
import Testing
import TrickleGateway
import TrickleTesting

/// Which requests the gateway takes.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct GatewayTests {
    @Test func whatItDoesNotKnowIsAnsweredAsByARelayAlone() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam/nonsense"))
                #expect(try await client.answer().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test(arguments: [
        "/cam/index.m3u8", "/cam/0.ts", "/cam/thumbnail.jpg", "/cam/live.mp4", "/_api/channels", "/cam/live.ts",
    ])
    func whatIsSwitchedOffIsAnsweredAsByARelayAlone(target: String) async throws {
        var configuration = GatewayConfiguration()
        configuration.servesTransportStreams = false
        configuration.servesHLS = false
        configuration.servesPictures = false
        configuration.servesMP4 = false
        configuration.servesPage = false
        let off = configuration
        func answer(_ configuration: GatewayConfiguration) async throws -> Substring {
            try await withRelayServer(ramps: {
                Gateway($0, configuration: configuration, logger: Logger(label: "test"))
            }) { relay in
                try await PlainClient.with(relay) { client in
                    try await client.send(PlainRequest.get(target))
                    return try await client.answer().dropFirst(9).prefix(3)
                }
            }
        }
        #expect(try await answer(off) == "400")
        #expect(try await answer(GatewayConfiguration()) != "400")
    }

    /// What a browser asks before it sends a request that needs leave, such as one with a range or a tag.
    @Test(arguments: ["/cam/index.m3u8", "/cam/0.ts", "/cam/thumbnail.jpg", "/cam/live.mp4", "/_api/channels"])
    func pagesOfOtherOriginsMayAskWhetherTheyMayRead(target: String) async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            let answer = try await PlainAnswer.to(
                target, method: "OPTIONS",
                fields: ["Origin: http://elsewhere", "Access-Control-Request-Method: GET"], of: relay)
            #expect(answer.status == 204)
            #expect(answer.fields["allow"] == "GET, HEAD, OPTIONS")
            #expect(answer.fields["access-control-allow-methods"] == "GET, HEAD, OPTIONS")
            #expect(answer.fields["access-control-allow-headers"]?.contains("Range") == true)
        }
    }
}
