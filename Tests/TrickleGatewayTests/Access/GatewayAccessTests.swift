import Logging
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// What players and browsers need to be let in again with their next request.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct GatewayAccessTests {
    /// `t&1` may do everything; `list` may list `cam*`. The cookie lets nobody write.
    private struct TestPolicy: AccessPolicy {
        func decision(on question: AccessQuestion) async -> AccessDecision {
            var grant = AccessGrant()
            switch question.client.credentials {
            case .token("t&1"), .bearer("t&1"): return .allowed(grant)
            case .cookie("t&1") where question.permission != .publish: return .allowed(grant)
            case .token("list") where question.permission == .list:
                grant.listed = [ChannelPattern("cam*")!]
                return .allowed(grant)
            case nil: return .refused(.credentialsMissing)
            default: return .refused(.credentialsWrong("no"))
            }
        }
    }

    private func withGateway(_ body: (RelayServer) async throws -> Void) async throws {
        try await withRelayServer(
            {
                $0.access = TestPolicy()
                $0.limits.windowDuration = .seconds(3600)
            }, ramps: { Gateway($0, logger: Logger(label: "test")) }, body)
    }

    private func publish(_ name: String, to relay: RelayServer) throws -> LocalPublisher {
        let publisher = try relay.publisher(of: try ChannelName(name))
        for index in 0..<4 {
            let segment = try publisher.nextSegment()
            try segment.write(TestChannel.segment(index))
            try segment.finish()
        }
        return publisher
    }

    @Test func aPlaylistNamesItsSegmentsWithTheToken() async throws {
        try await withGateway { relay in
            let publisher = try publish("cam", to: relay)
            for name in ["index.m3u8", "master.m3u8"] {
                #expect(try await PlainAnswer.to("/cam/\(name)", of: relay).status == 401)
                let answer = try await PlainAnswer.to("/cam/\(name)?token=t%261", of: relay)
                #expect(answer.status == 200)
                let uris = answer.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                #expect(!uris.isEmpty)
                for uri in uris {
                    #expect(uri.hasSuffix("token=t%261"))
                    let next = try await PlainAnswer.to("/cam/\(uri)", of: relay)
                    #expect(next.status == 200, "\(uri)")
                    // No cache gives it to others.
                    #expect(next.fields["cache-control"]?.contains("public") != true)
                }
                let hints = answer.text.split(separator: "\n").filter { $0.contains("URI=\"") }
                #expect(hints.allSatisfy { $0.contains("token=t%261\"") }, "\(answer.text)")
            }
            withExtendedLifetime(publisher) {}
        }
    }

    @Test func `a page of another origin views by WebSocket only what anybody may read`() async throws {
        try await withGateway { relay in
            func isLetIn(_ target: String, _ fields: [String]) async -> Bool {
                do {
                    try await PlainClient.webSocket(relay.port, target, fields: fields) { _ in }
                    return true
                } catch { return false }
            }
            let cookie = "Cookie: trickle-token=t%261"
            let own = "Origin: http://relay"
            let foreign = ["Origin: http://relay:8000", "Origin: https://evil.example", "Origin: null"]
            #expect(await isLetIn("/cam/ws", [cookie]))
            #expect(await isLetIn("/cam/ws", [cookie, own]))
            #expect(await isLetIn("/cam/ws?token=t%261", [own]))
            #expect(await !isLetIn("/cam/ws?publish=1", [cookie, own]))
            #expect(await isLetIn("/cam/ws?publish=1&token=t%261", []))
            for origin in foreign {
                #expect(await !isLetIn("/cam/ws", [cookie, origin]), "\(origin)")
                // Nobody's browser sends that along by itself.
                #expect(await isLetIn("/cam/ws?token=t%261", [origin]), "\(origin)")
            }
        }
    }

    private func page(_ target: String, _ fields: String = "", of relay: RelayServer) async throws -> String {
        try await PlainClient.with(relay) { client in
            try await client.send(
                "GET \(target) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nAccept: text/html\r\n\(fields)\r\n")
            return await client.rest()
        }
    }

    @Test func thePageKeepsItsTokenInACookieThatNoScriptSees() async throws {
        try await withGateway { relay in
            #expect(try await page("/", of: relay).hasPrefix("HTTP/1.1 401 "))
            let page = try await page("/?token=t%261", of: relay)
            #expect(page.hasPrefix("HTTP/1.1 200 "))
            #expect(page.contains("Set-Cookie: trickle-token=t%261; Path=/; HttpOnly; SameSite=Strict\r\n"))
            #expect(page.contains("Referrer-Policy: no-referrer\r\n"))
            let cookie = "Cookie: trickle-token=t%261\r\n"
            for target in ["/", "/_api/channels", "/_channels"] {
                let answer = try await self.page(target, cookie, of: relay)
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(target)")
                #expect(!answer.contains("Set-Cookie"))
            }
        }
    }

    @Test func theFiguresAreThoseOfTheChannelsThatOneMayList() async throws {
        try await withGateway { relay in
            let publishers = [try publish("cam1", to: relay), try publish("hall", to: relay)]
            let all = try await PlainAnswer.to("/_api/channels?token=t%261", of: relay).text
            #expect(all.contains(#""name":"cam1""#) && all.contains(#""name":"hall""#))
            for query in ["", "&name=hall"] {
                let some = try await PlainAnswer.to("/_api/channels?token=list\(query)", of: relay).text
                #expect(some.contains(#""name":"cam1""#) == query.isEmpty && !some.contains("hall"))
            }
            withExtendedLifetime(publishers) {}
        }
    }
}
