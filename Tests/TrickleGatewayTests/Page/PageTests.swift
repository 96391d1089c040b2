import Logging
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// Who gets the page, and what it may do.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct PageTests {
    private func ask(
        _ target: String, accept: String? = "text/html,*/*;q=0.8", basePath: String = "/",
        servesPage: Bool = true
    ) async throws -> String {
        try await withRelayServer {
            $0.basePath = BasePath(basePath)
        } ramps: { relay in
            var configuration = GatewayConfiguration()
            configuration.servesPage = servesPage
            return Gateway(relay, configuration: configuration, logger: Logger(label: "test"))
        } _: { relay in
            try await PlainClient.with(relay) { client in
                let field = accept.map { "Accept: \($0)\r\n" } ?? ""
                try await client.send("GET \(target) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\(field)\r\n")
                return await client.rest()
            }
        }
    }

    @Test(arguments: ["/", "/cam", "/caf%C3%A9"]) func browsersGetThePage(_ target: String) async throws {
        let answer = try await ask(target)
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"))
        #expect(answer.hasSuffix("</html>\n"))
        #expect(!answer.contains("{{"))
    }

    @Test func othersGetTheProtocol() async throws {
        #expect(try await ask("/", accept: nil).hasPrefix("HTTP/1.1 404 "))
        #expect(try await ask("/", accept: "*/*").hasPrefix("HTTP/1.1 404 "))
        #expect(try await ask("/cam", accept: "*/*").hasPrefix("HTTP/1.1 405 "))
        #expect(try await ask("/_changes").hasPrefix("HTTP/1.1 405 "))
        #expect(try await ask("/_channels").contains("\r\nContent-Type: application/json\r\n"))
        #expect(try await ask("/cam/0").hasPrefix("HTTP/1.1 404 "))
        #expect(try await ask("/", servesPage: false).hasPrefix("HTTP/1.1 404 "))
    }

    @Test func nothingButItsOwnScriptRuns() async throws {
        let answer = try await ask("/")
        let policy = try #require(
            answer.split(separator: "\r\n").first { $0.hasPrefix("Content-Security-Policy: ") })
        let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-z]+)'/)?.1)
        #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
        #expect(answer.contains("<script nonce=\"\(nonce)\">") && answer.contains("<style nonce=\"\(nonce)\">"))
        #expect(answer.ranges(of: "<script").count == 1)
        #expect(try await !ask("/").contains(nonce))
    }

    @Test func thePathUnderWhichTheChannelsAreIsTextInThePage() async throws {
        let answer = try await ask("/a&b\"<i>/", basePath: "/a&b\"<i>")
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("data-base=\"/a&amp;b&quot;&lt;i&gt;/\""))
        #expect(!answer.contains("<i>"))
    }
}
