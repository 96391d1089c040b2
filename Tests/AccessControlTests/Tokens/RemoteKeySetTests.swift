import Logging
import NIOCore
import Synchronization
import Testing
import TrickleRelay
import TrickleTesting

@testable import AccessControl

/// Key sets behind a URL.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct RemoteKeySetTests {
    /// A server of one document, and a clock that the test sets.
    private final class Issuer: Sendable {
        private struct State {
            var keys: String? = "[]"
            var status = 200
            var requestCount = 0
        }
        private let state = Mutex(State())
        let lines = LogLines()
        let time = TestTime()

        func serve(_ keys: String..., status: Int = 200) {
            state.withLock { state in
                state.keys = keys.joined(separator: ",")
                state.status = status
            }
        }

        var requestCount: Int { state.withLock { $0.requestCount } }

        var route: RampRoute {
            RampRoute("/jwks.json") { _ in
                self.state.withLock { state in
                    state.requestCount += 1
                    return RampResponse(
                        status: state.status, fields: [("Location", "/elsewhere")],
                        .bytes(ByteBuffer(string: "{\"keys\": [\(state.keys ?? "")]}")))
                }
            }
        }
    }

    private func withIssuer(_ body: (Issuer, TokenKeys) async throws -> Void) async throws {
        let issuer = Issuer()
        let server = try RouteServer.start(
            host: "127.0.0.1", port: 0, option: "--jwks", logger: LogLines().logger, routes: [issuer.route])
        let keys = try TokenKeys(
            JWTSettings(.url("http://me:secret@127.0.0.1:\(server.port)/jwks.json?a=b")),
            logger: issuer.lines.logger, clock: issuer.time.clock)
        do { try await body(issuer, keys) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func token(_ key: TestKey, id: String) async throws -> String {
        try await TestToken.make(key, header: #"{"alg": "\#(key.algorithm)", "kid": "\#(id)"}"#)
    }

    private static let unsigned = TokenProblem("no key that counts here has signed the token")
    private static let missing = TokenProblem("the keys of tokens have not come yet", isTemporary: true)

    @Test func keysAreFetchedOnceForAllTokens() async throws {
        try await withIssuer { issuer, keys in
            issuer.serve(try TestKey.rs256.jwk(id: "a"))
            #expect(issuer.requestCount == 0)
            let token = try await token(.rs256, id: "a")
            await withTaskGroup(of: TokenProblem?.self) { group in
                for _ in 0..<20 { group.addTask { await keys.problem(with: token) } }
                for await problem in group { #expect(problem == nil) }
            }
            #expect(issuer.requestCount == 1)
            #expect(issuer.lines.all == [])
        }
    }

    @Test func aNewKeyCountsAsSoonAsATokenNamesIt() async throws {
        try await withIssuer { issuer, keys in
            let (old, new) = (try await token(.rs256, id: "old"), try await token(.es256, id: "new"))
            issuer.serve(try TestKey.rs256.jwk(id: "old"))
            #expect(await keys.problem(with: old) == nil)
            issuer.serve(try TestKey.es256.jwk(id: "new"))
            // Whoever names keys at random does not have the issuer asked each time.
            #expect(await keys.problem(with: new) == Self.unsigned)
            #expect(issuer.requestCount == 1)
            issuer.time.move(by: .seconds(10))
            #expect(await keys.problem(with: new) == nil)
            #expect(await keys.problem(with: old) == Self.unsigned)
            #expect(issuer.requestCount == 2)
        }
    }

    @Test func oldKeysAreFetchedAgain() async throws {
        try await withIssuer { issuer, keys in
            let token = try await token(.eddsa, id: "a")
            issuer.serve(try TestKey.eddsa.jwk(id: "a"))
            #expect(await keys.problem(with: token) == nil)
            issuer.serve(try TestKey.rs256.jwk(id: "b"))
            issuer.time.move(by: .seconds(299))
            #expect(await keys.problem(with: token) == nil)
            issuer.time.move(by: .seconds(1))
            // They may still be used while others are on their way.
            #expect(await keys.problem(with: token) == nil)
            try await eventually { await keys.problem(with: token) == Self.unsigned }
            #expect(issuer.requestCount == 2)
        }
    }

    @Test func aKeyThatWasTakenBackLongAgoDoesNotCountOnce() async throws {
        try await withIssuer { issuer, keys in
            let token = try await token(.eddsa, id: "a")
            issuer.serve(try TestKey.eddsa.jwk(id: "a"))
            #expect(await keys.problem(with: token) == nil)
            issuer.serve(try TestKey.rs256.jwk(id: "b"))
            issuer.time.move(by: .seconds(600))
            #expect(await keys.problem(with: token) == Self.unsigned)
        }
    }

    @Test(arguments: [("", 200), ("1", 200), ("}", 200), ("", 503), ("", 404), ("", 302)])
    func theLastKeysStayWhereNoNewOnesCome(_ document: String, _ status: Int) async throws {
        try await withIssuer { issuer, keys in
            let token = try await token(.es256, id: "a")
            issuer.serve(try TestKey.es256.jwk(id: "a"))
            #expect(await keys.problem(with: token) == nil)
            issuer.serve(document, status: status)
            for count in 2...4 {
                issuer.time.move(by: .seconds(1_000))
                try await eventually {
                    #expect(await keys.problem(with: token) == nil)
                    return issuer.requestCount == count
                }
            }
            // Three failures at once are one line.
            try await eventually { !issuer.lines.all.isEmpty }
            let line = try #require(issuer.lines.all.first)
            #expect(issuer.lines.all.count == 1)
            #expect(line.hasPrefix("the keys of tokens did not come: http://127.0.0.1:"))
            #expect(line.hasSuffix("; those that came last still count"))
            #expect(!line.contains("secret") && !line.contains("a=b"))
        }
    }

    @Test func beforeTheFirstKeysNobodyCanTell() async throws {
        try await withIssuer { issuer, keys in
            let token = try await token(.es256, id: "a")
            issuer.serve(status: 500)
            #expect(await keys.problem(with: token) == Self.missing)
            issuer.serve(try TestKey.es256.jwk(id: "a"))
            #expect(await keys.problem(with: token) == Self.missing)
            #expect(issuer.requestCount == 1)
            #expect(issuer.lines.all.count == 1)
            #expect(issuer.lines.all.first?.hasSuffix("/jwks.json answers 500; no token can be checked") == true)
            issuer.time.move(by: .seconds(10))
            #expect(await keys.problem(with: token) == nil)
        }
    }

    @Test func aSecretThatEverybodyCanFetchIsNone() async throws {
        try await withIssuer { issuer, keys in
            issuer.serve(try TestKey.hs256.jwk(), try TestKey.es256.jwk())
            #expect(await keys.problem(with: try TestToken.make(.es256)) == nil)
            #expect(await keys.problem(with: try TestToken.make(.hs256)) == Self.unsigned)
        }
    }

    @Test func aDocumentOfMoreThanAMebibyteIsNotRead() async throws {
        try await withIssuer { issuer, keys in
            issuer.serve(try TestKey.es256.jwk(), "\"" + String(repeating: "x", count: 1 << 20) + "\"")
            #expect(await keys.problem(with: try TestToken.make(.es256)) == Self.missing)
            #expect(issuer.lines.all.first?.contains("is longer than 1048576 bytes") == true)
        }
    }
}
