import NIOConcurrencyHelpers
import NIOCore
import Testing
import TrickleCore
import TrickleTesting

@testable import TrickleRelay

/// A policy decides who may do what, before anything is done.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct AccessTests {
    /// Everybody with `good` may do everything, `reader` may read `cam*`; all others nothing. It answers at once or later.
    private final class TestPolicy: AccessPolicy {
        private let asked = NIOLockedValueBox<[String]>([])
        private let isSlow: Bool
        /// How long after its decision a client is let in; nil for ever.
        private let lifetime: Duration?
        /// Holds back slow decisions until it is opened.
        let gate = AsyncStream.makeStream(of: Void.self)
        let holdsBack: Bool

        init(isSlow: Bool, holdsBack: Bool = false, lifetime: Duration? = nil) {
            self.isSlow = isSlow
            self.holdsBack = holdsBack
            self.lifetime = lifetime
        }

        var questions: [String] { asked.withLockedValue { $0 } }

        func knownDecision(on question: AccessQuestion) -> AccessDecision? { isSlow ? nil : decide(question) }

        func decision(on question: AccessQuestion) async -> AccessDecision {
            if holdsBack { for await _ in gate.stream {} }
            return decide(question)
        }

        private func decide(_ question: AccessQuestion) -> AccessDecision {
            asked.withLockedValue {
                $0.append("\(question.permission.rawValue) \(question.channel.map(\.text) ?? "-")")
            }
            var grant = AccessGrant()
            grant.end = lifetime.map { .now + $0 }
            switch question.client.credentials {
            case nil: return .refused(.credentialsMissing)
            case .bearer("good"), .token("good"), .basic("ana", "good"): return .allowed(grant)
            case .cookie("good"):
                return question.permission == .publish ? .refused(.credentialsMissing) : .allowed(grant)
            case .bearer("reader"):
                grant.listed = [ChannelPattern("cam*")!]
                let isOfCam = question.channel.map { ChannelPattern("cam*")!.matches($0) } ?? false
                if question.permission == .list { return .allowed(grant) }
                if question.permission == .read, isOfCam { return .allowed(grant) }
                return .refused(.insufficient(isHidden: !isOfCam))
            case .bearer("guesser"): return .refused(.tooManyFailures(retryAfter: .milliseconds(1500)))
            case .bearer("unlucky"): return .refused(.undecided)
            default: return .refused(.credentialsWrong("this token is nobody's"))
            }
        }
    }

    private func withRelay(
        _ policy: TestPolicy, _ body: (RelayServer) async throws -> Void
    ) async throws {
        try await withRelayServer({ $0.access = policy }, body)
    }

    /// - Parameter fields: each with its line end.
    private func request(_ line: String, _ fields: String = "", body: String? = nil) -> String {
        let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
        return "\(line) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\(fields)\(length)\r\n\(body ?? "")"
    }

    private func answer(_ relay: RelayServer, _ line: String, _ fields: String = "", body: String? = nil) async throws
        -> String
    {
        try await PlainClient.with(port: relay.port) { client in
            try await client.send(request(line, fields, body: body))
            return await client.rest()
        }
    }

    private let good = "Authorization: Bearer good\r\n"

    @Test(arguments: [false, true])
    func `each request is asked about before it does anything`(isSlow: Bool) async throws {
        let policy = TestPolicy(isSlow: isSlow)
        try await withRelay(policy) { relay in
            for (line, body) in [
                ("POST /cam", nil), ("POST /cam/0", "abc"), ("DELETE /cam/0", nil), ("DELETE /cam", nil),
                ("GET /cam/0", nil), ("HEAD /cam/0", nil), ("GET /cam/next", nil), ("GET /_channels", nil),
                ("GET /_changes/0", nil),
            ] {
                let text = try await answer(relay, line, body: body)
                #expect(text.hasPrefix("HTTP/1.1 401 "), "\(line): \(text.prefix(200))")
                #expect(text.contains(#"WWW-Authenticate: Bearer realm="trickle""#))
                #expect(text.contains(#"WWW-Authenticate: Basic realm="trickle", charset="UTF-8""#))
            }
            // Nothing was made.
            #expect(try await answer(relay, "GET /_channels", good).contains(#"{"channels":[]"#))
            #expect(
                policy.questions == [
                    "publish cam", "publish cam", "publish cam", "publish cam", "read cam", "read cam", "read cam",
                    "list _channels", "read _changes", "list _channels",
                ])
        }
    }

    @Test(arguments: [false, true])
    func `a script's request never has its browser ask for a password`(isSlow: Bool) async throws {
        try await withRelay(TestPolicy(isSlow: isSlow)) { relay in
            for (fields, isAsked) in [
                ("", true), ("Sec-Fetch-Mode: navigate\r\n", true), ("Sec-Fetch-Mode: cors\r\n", false),
                ("X-Requested-With: fetch\r\n", false),
                ("Authorization: Bearer bad\r\nSec-Fetch-Mode: no-cors\r\n", false),
            ] {
                let text = try await answer(relay, "GET /cam/0", fields)
                #expect(text.hasPrefix("HTTP/1.1 401 ") && text.contains("WWW-Authenticate: Bearer "))
                #expect(text.contains("WWW-Authenticate: Basic ") == isAsked, "\(fields)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `whoever is let in does what the protocol has`(isSlow: Bool) async throws {
        try await withRelay(TestPolicy(isSlow: isSlow)) { relay in
            #expect(try await answer(relay, "POST /cam", good).hasPrefix("HTTP/1.1 200 "))
            let published = try await answer(relay, "POST /cam/0", good, body: "abc")
            #expect(published.hasPrefix("HTTP/1.1 200 ") && published.contains("Lp-Trickle-Seq: 0"))
            for fields in [good, "Authorization: Basic YW5hOmdvb2Q=\r\n", "Cookie: a=b; trickle-token=good\r\n"] {
                #expect(try await answer(relay, "GET /cam/0", fields).hasSuffix("\r\n\r\nabc"), "\(fields)")
            }
            #expect(try await answer(relay, "GET /cam/0?token=good").hasSuffix("\r\n\r\nabc"))
            #expect(try await answer(relay, "POST /cam/1?token=good", body: "d").hasPrefix("HTTP/1.1 200 "))
            // The cookie comes along by itself: it lets nobody write.
            #expect(
                try await answer(relay, "POST /cam/2", "Cookie: trickle-token=good\r\n", body: "x").hasPrefix(
                    "HTTP/1.1 401 "))
            #expect(try await answer(relay, "DELETE /cam", good).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `a body that comes meanwhile is not lost`() async throws {
        let policy = TestPolicy(isSlow: true, holdsBack: true)
        try await withRelay(policy) { relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send("POST /cam/0 HTTP/1.1\r\nHost: x\r\n\(good)Transfer-Encoding: chunked\r\n\r\n")
                try await client.send(PlainRequest.chunk("early "))
                let large = String(repeating: "x", count: 1 << 20)
                try await client.send(PlainRequest.chunk(large))
                policy.gate.continuation.finish()
                try await client.send(PlainRequest.chunk(" late") + "0\r\n\r\n")
                #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                let read = try await answer(relay, "GET /cam/0", good)
                #expect(read.hasSuffix("early \(large) late"))
            }
        }
    }

    @Test func `a publisher that has sent all, and sends no more, still gets its answer`() async throws {
        let policy = TestPolicy(isSlow: true, holdsBack: true)
        try await withRelay(policy) { relay in
            let text = try await PlainClient.with(port: relay.port) { client in
                try await client.send("POST /cam/0 HTTP/1.1\r\nHost: x\r\n\(good)Content-Length: 3\r\n\r\nabc")
                client.endSending()
                policy.gate.continuation.finish()
                return await client.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 200 "), "\(text)")
            #expect(try await answer(relay, "GET /cam/0", good).hasSuffix("\r\n\r\nabc"))
        }
    }

    @Test func `a create whose body is thrown away waits for the body's end`() async throws {
        let policy = TestPolicy(isSlow: true, holdsBack: true)
        try await withRelay(policy) { relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send("POST /cam HTTP/1.1\r\nHost: x\r\n\(good)Content-Length: 4\r\n\r\nab")
                policy.gate.continuation.finish()
                try await client.send("cdGET /_channels HTTP/1.1\r\nHost: x\r\n\(good)\r\n")
                #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                #expect(try await client.read(to: "}").contains(#"{"channels":["cam"]"#))
            }
        }
    }

    @Test func `a body that is waited for has to come as soon as one that is not asked about`() async throws {
        try await withRelayServer({
            $0.access = TestPolicy(isSlow: true)
            $0.headTimeout = .seconds(1)
        }) { relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send("POST /cam HTTP/1.1\r\nHost: x\r\n\(good)Content-Length: 4\r\n\r\nab")
                #expect(await client.rest().hasPrefix("HTTP/1.1 408 "))
            }
            #expect(try await answer(relay, "GET /_channels", good).contains(#"{"channels":[]"#))
        }
    }

    @Test func `a client that leaves while it is asked about is forgotten`() async throws {
        let policy = TestPolicy(isSlow: true, holdsBack: true)
        try await withRelay(policy) { relay in
            try await PlainClient.with(port: relay.port) { client in
                try await client.send(PlainRequest.create("/cam"))
            }
            policy.gate.continuation.finish()
            #expect(try await answer(relay, "GET /_channels", good).contains(#"{"channels":[]"#))
        }
    }

    @Test func `what does not suffice is 403, and 404 for whoever may not know of it`() async throws {
        try await withRelay(TestPolicy(isSlow: false)) { relay in
            let reader = "Authorization: Bearer reader\r\n"
            for name in ["cam1", "hall"] { _ = try await answer(relay, "POST /\(name)", good) }
            #expect(try await answer(relay, "GET /cam1/next", reader).hasSuffix("\r\n\r\n0"))
            #expect(try await answer(relay, "POST /cam1/0", reader, body: "x").hasPrefix("HTTP/1.1 403 "))
            let (hidden, absent) = (
                try await answer(relay, "GET /hall/next", reader), try await answer(relay, "GET /cam9/next", reader)
            )
            #expect(hidden.hasPrefix("HTTP/1.1 404 "))
            // Nothing but the date tells a channel that is hidden from one that is not there.
            let lines = { (text: String) in text.split(separator: "\r\n").filter { !$0.hasPrefix("Date:") } }
            #expect(lines(hidden) == lines(absent))
            let list = try await answer(relay, "GET /_channels", reader)
            #expect(list.hasSuffix(#"{"channels":["cam1"]}"#))
            let all = try await answer(relay, "GET /_channels", good)
            #expect(all.contains(#"["cam1","hall"],"next":"#))
        }
    }

    @Test func `too many failures and no decision have answers of their own`() async throws {
        try await withRelay(TestPolicy(isSlow: true)) { relay in
            let guessed = try await answer(relay, "GET /cam/0", "Authorization: Bearer guesser\r\n")
            #expect(guessed.hasPrefix("HTTP/1.1 429 ") && guessed.contains("Retry-After: 2\r\n"))
            let undecided = try await answer(relay, "GET /cam/0", "Authorization: Bearer unlucky\r\n")
            #expect(undecided.hasPrefix("HTTP/1.1 503 ") && undecided.contains("Retry-After: 1\r\n"))
            let wrong = try await answer(relay, "GET /cam/0", "Authorization: Bearer bad\r\n")
            #expect(wrong.hasPrefix("HTTP/1.1 401 ") && wrong.hasSuffix("\r\n\r\nthis token is nobody's\n"))
        }
    }

    @Test(arguments: [
        "/cam%32/next", "/c%61m2/next", "//cam2/next", "/./cam2/next", "/x/../cam2/next", "/cam2%2fnext",
        "/cam2%0d%0a/next",
    ])
    func `another spelling of a path leads nowhere else`(path: String) async throws {
        let policy = TestPolicy(isSlow: false)
        try await withRelay(policy) { relay in
            let text = try await answer(relay, "GET \(path)", good)
            // Either it is the channel that it spells, or it is none.
            if text.hasPrefix("HTTP/1.1 404 "), text.contains("Stream not found") {
                #expect(policy.questions == ["read cam2"])
            } else {
                #expect(text.hasPrefix("HTTP/1.1 400 ") || text.hasPrefix("HTTP/1.1 404 "), "\(text)")
                #expect(policy.questions == [])
            }
        }
    }

    // MARK: The end of access

    /// A relay whose clients are let in for a short time from now on.
    private func withShortAccess(_ body: (RelayServer) async throws -> Void) async throws {
        try await withRelay(TestPolicy(isSlow: false, lifetime: .seconds(3)), body)
    }

    @Test func `a publisher whose credentials expire is told so, and its segment is aborted`() async throws {
        try await withShortAccess { relay in
            try await PlainClient.with(port: relay.port) { publisher in
                try await publisher.send(
                    "POST /cam/0 HTTP/1.1\r\nHost: x\r\n\(good)Transfer-Encoding: chunked\r\n\r\n"
                        + PlainRequest.chunk("abc"))
                let text = await publisher.rest()
                #expect(text.hasPrefix("HTTP/1.1 401 ") && text.hasSuffix("these credentials have expired\n"))
                let read = try await answer(relay, "GET /cam/0", good)
                #expect(read.contains("Lp-Trickle-Aborted: publisher") && read.hasSuffix("\r\n\r\nabc"))
            }
        }
    }

    @Test func `a reader whose credentials expire is told so`() async throws {
        try await withShortAccess { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            let segment = try publisher.nextSegment()
            try segment.write("abc".utf8)
            // One reads, one waits, one has an early head.
            async let reading = answer(relay, "GET /cam/0", good)
            async let waiting = answer(relay, "GET /cam/1", good)
            async let early = answer(relay, "GET /cam/1", good + "Lp-Trickle-Head: early\r\n")
            let read = try await reading
            #expect(read.hasPrefix("HTTP/1.1 200 ") && read.contains("abc"))
            #expect(read.hasSuffix("\r\n0\r\nLp-Trickle-Aborted: access\r\n\r\n"))
            let waited = try await waiting
            #expect(waited.hasPrefix("HTTP/1.1 401 ") && waited.hasSuffix("these credentials have expired\n"))
            #expect(try await early.hasSuffix("\r\n0\r\nLp-Trickle-Aborted: access\r\n\r\n"))
            try segment.write("def".utf8)
            try segment.finish()
        }
    }

    /// Tries with credentials of 3 s, and with longer ones where a busy machine lets these expire before the answer begins.
    ///
    /// - Parameter body: Whether the answer had begun.
    private func untilBegun(_ body: (_ lifetime: Duration) async throws -> Bool) async throws {
        for lifetime in [3, 12, 48] where try await body(.seconds(lifetime)) { return }
        Issue.record("no answer began before its credentials expired")
    }

    @Test func `a viewer whose credentials expire is cut off`() async throws {
        struct Streaming: RelayRamps {
            let routes: [RampRoute] = [
                .channel("/{channel}.ts") { channel, _ in
                    RampResponse(.stream(ChannelStream(channel: channel, number: .zero, unit: 1)))
                }
            ]
        }
        try await untilBegun { lifetime in
            var hasBegun = false
            let policy = TestPolicy(isSlow: false, lifetime: lifetime)
            try await withRelayServer({ $0.access = policy }, ramps: { _ in Streaming() }) { relay in
                let publisher = try relay.publisher(of: try ChannelName("cam"))
                try publisher.nextSegment().write("abc".utf8)
                let text = try await answer(relay, "GET /cam.ts", good)
                #expect(!text.hasSuffix("0\r\n\r\n"))
                hasBegun = text.contains("abc")
            }
            return hasBegun
        }
    }

    @Test(arguments: [false, true])
    func `so is who goes on with another protocol, and whom new rules do not let in`(rulesChange: Bool) async throws {
        let echo = RampRoute("/{channel}/echo", upgrade: "echo") { _ in
            RampResponse(.protocolSwitch(.echo))
        }
        struct Echoing: RelayRamps { let routes: [RampRoute] }
        try await untilBegun { lifetime in
            var hasBegun = false
            let changing = ChangingPolicy(isSlow: false)
            let policy: any AccessPolicy = rulesChange ? changing : TestPolicy(isSlow: false, lifetime: lifetime)
            try await withRelayServer({ $0.access = policy }, ramps: { _ in Echoing(routes: [echo]) }) { relay in
                try await PlainClient.with(port: relay.port) { client in
                    try await client.send(
                        "GET /cam/echo HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\(good)\r\nabc"
                    )
                    hasBegun = try await client.read(to: "abc").hasPrefix("HTTP/1.1 101 ")
                    if rulesChange { changing.change(.refused(.credentialsMissing)) }
                    if hasBegun { #expect(await client.rest() == "") }
                }
            }
            return hasBegun
        }
    }

    // MARK: Rules that change

    /// Lets in whoever it is told to, and says so when that changes.
    private final class ChangingPolicy: AccessPolicy {
        private let state = NIOLockedValueBox(
            (
                reading: AccessDecision.allowed(.forAnybody), publishing: AccessDecision.allowed(.forAnybody),
                changes: 0, asked: 0
            ))
        private let isSlow: Bool

        init(isSlow: Bool) { self.isSlow = isSlow }

        func change(_ answer: AccessDecision, forPublishers: Bool = true) {
            state.withLockedValue { state in
                state.reading = answer
                if forPublishers { state.publishing = answer }
                state.changes += 1
            }
        }

        var generation: Int { state.withLockedValue { $0.changes } }
        /// How often something under way was asked about again.
        var askedAgainCount: Int { state.withLockedValue { $0.asked } }

        func knownDecision(on question: AccessQuestion) -> AccessDecision? { isSlow ? nil : decide(question) }
        func decision(on question: AccessQuestion) async -> AccessDecision { decide(question) }

        private func decide(_ question: AccessQuestion) -> AccessDecision {
            state.withLockedValue { state in
                if question.isAskedAgain { state.asked += 1 }
                return question.action == .publish ? state.publishing : state.reading
            }
        }
    }

    @Test(arguments: [false, true])
    func `whoever new rules do not let in ends, and is told why`(isSlow: Bool) async throws {
        let policy = ChangingPolicy(isSlow: isSlow)
        try await withRelayServer({ $0.access = policy }) { relay in
            try await PlainClient.with(port: relay.port) { publisher in
                try await publisher.send(
                    "POST /cam/0 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
                // The channel is there when the reader comes.
                _ = try await publisher.answer()
                try await publisher.send(PlainRequest.chunk("abc"))
                try await PlainClient.with(port: relay.port) { reader in
                    try await reader.send(request("GET /cam/0"))
                    _ = try await reader.read(to: "abc")
                    try await PlainClient.with(port: relay.port) { waiting in
                        try await waiting.send(request("GET /cam/1"))
                        // Rules that say the same end nothing.
                        policy.change(.allowed(.forAnybody))
                        try await until { policy.askedAgainCount >= 2 }
                        try await publisher.send(PlainRequest.chunk("def"))
                        _ = try await reader.read(to: "def")
                        // A publisher that ends first would end the segment.
                        policy.change(.refused(.credentialsMissing), forPublishers: false)
                        #expect(await waiting.rest().hasPrefix("HTTP/1.1 401 "))
                        let rest = await reader.rest()
                        #expect(rest.hasSuffix("\r\n0\r\nLp-Trickle-Aborted: access\r\n\r\n"), "\(rest)")
                        policy.change(.refused(.credentialsMissing))
                        let told = await publisher.rest()
                        #expect(told.hasPrefix("HTTP/1.1 401 ") && told.contains("say who you are"), "\(told)")
                    }
                }
            }
            policy.change(.allowed(.forAnybody))
            #expect(try await answer(relay, "GET /cam/0").contains("Lp-Trickle-Aborted: publisher"))
        }
    }

    @Test func `who was let in goes on while nobody can tell, and learns that it may not, of a channel that it knows`()
        async throws
    {
        let policy = ChangingPolicy(isSlow: false)
        try await withRelayServer({ $0.access = policy }) { relay in
            try await PlainClient.with(port: relay.port) { publisher in
                try await publisher.send(
                    "POST /cam/0 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
                _ = try await publisher.answer()
                policy.change(.refused(.undecided))
                try await until { policy.askedAgainCount >= 2 }
                policy.change(.refused(.insufficient(isHidden: true)))
                #expect(await publisher.rest().hasPrefix("HTTP/1.1 403 "))
            }
        }
    }

    @Test func `an answer under way may have to end later than it had to before`() async throws {
        let policy = ChangingPolicy(isSlow: false)
        try await withRelayServer({ $0.access = policy }) { relay in
            let publisher = try relay.publisher(of: try ChannelName("cam"))
            let segment = try publisher.nextSegment()
            try segment.write("abc".utf8)
            try await PlainClient.with(port: relay.port) { reader in
                try await reader.send(request("GET /cam/0"))
                _ = try await reader.read(to: "abc")
                var grant = AccessGrant()
                grant.end = .now + .seconds(1)
                policy.change(.allowed(grant))
                let rest = await reader.rest()
                #expect(rest.hasSuffix("\r\n0\r\nLp-Trickle-Aborted: access\r\n\r\n"), "\(rest)")
            }
            // It is held until here, which keeps it open.
            try segment.write("def".utf8)
        }
    }

    @Test func `a decision by rules that have changed meanwhile does not count`() async throws {
        /// Changes while the first question is decided.
        final class LatePolicy: AccessPolicy {
            private let askedCount = NIOLockedValueBox(0)

            var generation: Int { min(1, askedCount.withLockedValue { $0 }) }

            func decision(on question: AccessQuestion) async -> AccessDecision {
                let count = askedCount.withLockedValue { count in
                    count += 1
                    return count
                }
                return count == 1 ? .allowed(.forAnybody) : .refused(.credentialsMissing)
            }
        }
        try await withRelayServer({ $0.access = LatePolicy() }) { relay in
            let text = try await answer(relay, "POST /cam")
            #expect(text.hasPrefix("HTTP/1.1 401 "))
        }
    }

    // MARK: Pages

    @Test func `a foreign page can neither write nor read what needs credentials`() async throws {
        try await withRelay(TestPolicy(isSlow: false)) { relay in
            let foreign = "Origin: http://evil.example\r\n"
            for line in ["POST /cam", "POST /cam/0", "DELETE /cam", "DELETE /cam/0"] {
                let text = try await answer(relay, line, good + foreign)
                #expect(text.hasPrefix("HTTP/1.1 403 "), "\(line): \(text)")
            }
            let list = try await answer(relay, "GET /_channels", good + foreign)
            #expect(list.hasPrefix("HTTP/1.1 200 ") && !list.contains("Access-Control-Allow-Origin"))
            #expect(list.contains("Vary: Authorization, Cookie, Origin\r\n"))
            let preflight = try await answer(relay, "OPTIONS /cam/0", foreign)
            #expect(preflight.hasPrefix("HTTP/1.1 204 "))
            #expect(preflight.contains("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"))
        }
    }

    @Test func `a named origin is echoed, with credentials`() async throws {
        try await withRelayServer({ configuration in
            configuration.access = TestPolicy(isSlow: true)
            configuration.browsers.origins = [WebOrigin("https://studio.example")!]
        }) { relay in
            let origin = "Origin: https://studio.example\r\n"
            for (line, fields) in [("POST /cam", good), ("GET /cam/next", good), ("GET /_channels", "")] {
                let text = try await answer(relay, line, fields + origin)
                #expect(text.contains("Access-Control-Allow-Origin: https://studio.example\r\n"), "\(line): \(text)")
                #expect(text.contains("Access-Control-Allow-Credentials: true\r\n"))
                #expect(!text.contains("*"))
            }
            let preflight = try await answer(
                relay, "OPTIONS /cam/0", origin + "Access-Control-Request-Headers: authorization\r\n")
            #expect(preflight.contains("Access-Control-Allow-Methods: GET, HEAD, POST, DELETE, OPTIONS\r\n"))
            #expect(preflight.contains(", authorization\r\n"))
        }
    }

    @Test func `a page cannot begin channels on a relay of its visitor's, also without any access rules`() async throws
    {
        try await withRelayServer { relay in
            for origin in ["http://evil.example", "null", "http://relay.evil"] {
                let text = try await answer(relay, "POST /cam/0", "Origin: \(origin)\r\n", body: "x")
                #expect(text.hasPrefix("HTTP/1.1 403 "), "\(origin)")
            }
            // Its own name leads here.
            let rebound = "POST /cam/0 HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n"
            try await PlainClient.with(port: relay.port) { client in
                try await client.send(rebound)
                #expect(try await client.answer().hasPrefix("HTTP/1.1 403 "))
            }
            let list = try await answer(relay, "GET /_channels", "Origin: http://evil.example\r\n")
            #expect(list.contains(#"{"channels":[]"#) && list.contains("Access-Control-Allow-Origin: *\r\n"))
            #expect(try await answer(relay, "POST /cam/0", body: "x").hasPrefix("HTTP/1.1 200 "))
        }
    }
}
