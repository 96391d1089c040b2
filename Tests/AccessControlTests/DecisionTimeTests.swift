import Testing
import TrickleRelay

@testable import AccessControl

/// How long a decision takes on the event loop. It is told, and not judged: it depends on the machine, and tests are not optimized.
@Suite(.serialized) struct DecisionTimeTests {
    @Test func aDecisionWithWhatIsRememberedIsShort() async throws {
        let hash = try #require(PasswordHash.make(from: "secret", cost: 4)).text
        let bench = try AccessBench(
            """
            - {allow: [read, list], channels: open*, to: anybody}
            - {allow: publish, channels: cam*, to: [{address: 10.0.0.0/8}, {user: ana, password: "\(hash)"}, {token: \(RuleTests.token)}]}
            - {to: {jwt: key.pem}}
            """)
        let long = "eyJ" + String(repeating: "x", count: 600)
        bench.tokens.set(long, [.publish: ["cam*"]])
        for (what, authorization) in [
            ("nobody", nil), ("a token", "Bearer \(RuleTests.token)"), ("a password", UserTests.basic("ana", "secret")),
            ("a JWT", "Bearer \(long)"),
        ] as [(String, String?)] {
            let question = try AccessBench.question(.publish, "cam1", authorization)
            let wanted = "\(known: await bench.access.decision(on: question))"
            #expect(wanted == (authorization == nil ? "missing" : "allowed"))
            let count = 2000
            let time = try ContinuousClock().measure {
                for _ in 0..<count { _ = try #require(bench.access.knownDecision(on: question)) }
            }
            print("a decision about \(what): \(time / count)")
        }
    }
}
