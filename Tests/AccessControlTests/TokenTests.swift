import Testing
import TrickleRelay

@testable import AccessControl

/// Tokens that say themselves what their bearers may do.
@Suite struct TokenTests {
    private func bench() throws -> AccessBench {
        try AccessBench(
            "- {allow: [publish, read, list], channels: [cam*, hall], to: {jwt: public.pem, audience: trickle}}")
    }

    @Test func aTokenGoesAsFarAsBothItAndTheRule() async throws {
        let bench = try bench()
        bench.tokens.set("t", [.publish: ["cam1", "other"], .read: ["*"], .replay: ["*"], .list: ["camera*"]])
        #expect(try await bench.ask(.publish, "cam1", "Bearer t") == ("allowed", false))
        #expect(try await bench.ask(.publish, "cam1", "Bearer t") == ("allowed", true))
        #expect(try await bench.ask(.publish, "cam2", "Bearer t").text == "hidden")
        #expect(try await bench.ask(.publish, "camera", "Bearer t").text == "insufficient")
        #expect(try await bench.ask(.publish, "other", "Bearer t").text == "hidden")
        #expect(try await bench.ask(.read, "hall", "Bearer t").text == "allowed")
        #expect(try await bench.ask(.read, "hall2", "Bearer t").text == "hidden")
        #expect(try await bench.ask(.replay, "hall", "Bearer t").text == "hidden")
        #expect(try await bench.ask(.list, nil, "Bearer t").text == "allowed camera*")
        #expect(bench.tokens.callCount == 1)
    }

    @Test func aRuleWithoutWordsAllowsWhatTheTokenSays() async throws {
        let bench = try AccessBench("- {to: {jwt: public.pem}}")
        bench.tokens.set("t", [.publish: ["cam"], .list: ["*"]])
        #expect(try await bench.ask(.publish, "cam", "Bearer t").text == "allowed")
        #expect(try await bench.ask(.read, "_changes", "Bearer t").text == "allowed")
        #expect(try await bench.ask(.publish, "hall", "Bearer t").text == "insufficient")
    }

    @Test func theGrantEndsWithTheTokenAndSoDoesItsPlaceInTheCache() async throws {
        let bench = try bench()
        bench.tokens.set("t", expiry: 1060, [.read: ["*"]])
        let question = try AccessBench.question(.read, "cam", "Bearer t")
        guard case .allowed(let grant) = await bench.access.decision(on: question) else {
            Issue.record("it is refused")
            return
        }
        #expect(grant.end == bench.time.now + .seconds(60))
        bench.time.move(by: .seconds(59))
        #expect(bench.access.knownDecision(on: question) != nil)
        bench.time.move(by: .seconds(1))
        #expect(bench.access.knownDecision(on: question) == nil)
        bench.tokens.fail("t", TokenProblem("the token has expired"))
        #expect("\(known: await bench.access.decision(on: question))" == "wrong: the token has expired")
        #expect(bench.access.standingCount == 0)
    }

    @Test(arguments: [1e18, 1e300, .infinity]) func aTokenForEverHasNoEnd(_ expiry: Double) async throws {
        let bench = try bench()
        bench.tokens.set("t", expiry: expiry, [.read: ["*"]])
        let decision = await bench.access.decision(on: try AccessBench.question(.read, "cam", "Bearer t"))
        guard case .allowed(let grant) = decision else { preconditionFailure("it is refused") }
        #expect(grant.end == nil)
    }

    @Test func keysThatHaveNotComeRefuseNobodyForGood() async throws {
        let bench = try bench()
        bench.tokens.fail("t", TokenProblem("the keys have not come", isTemporary: true))
        for _ in 0..<20 { #expect(try await bench.ask(.read, "cam", "Bearer t").text == "undecided") }
        bench.tokens.set("t", [.read: ["*"]])
        #expect(try await bench.ask(.read, "cam", "Bearer t").text == "allowed")
    }

    @Test func aStaticTokenIsNoJWT() async throws {
        let bench = try AccessBench(
            "[{to: {jwt: public.pem}}, {allow: read, to: {token: \(RuleTests.token)}}]")
        #expect(try await bench.ask(.read, "cam", "Bearer \(RuleTests.token)") == ("allowed", true))
        #expect(bench.tokens.callCount == 0)
    }

    @Test func twoIssuersAreBothAsked() async throws {
        let (first, second) = (FakeTokens(), FakeTokens())
        first.fail("t", TokenProblem("the token is for somebody else"))
        second.set("t", [.read: ["cam"]])
        let (one, other) = (JWTSettings(.file("a")), JWTSettings(.file("b")))
        var rules = AccessRules()
        rules.rules = [AccessRule([.read, .publish], to: [.jwt(one), .jwt(other)])]
        rules.verifiers = [one: first, other: second]
        let access = ConfiguredAccess(rules)
        let decision = await access.decision(on: try AccessBench.question(.read, "cam", "Bearer t"))
        #expect("\(known: decision)" == "allowed")
        // Who cannot tell now may say more later.
        first.fail("t", TokenProblem("the keys have not come", isTemporary: true))
        access.replace(with: rules)
        let question = try AccessBench.question(.publish, "cam", "Bearer t")
        #expect("\(known: await access.decision(on: question))" == "undecided")
        first.set("t", [.publish: ["cam"]])
        #expect("\(known: await access.decision(on: question))" == "allowed")
    }
}
