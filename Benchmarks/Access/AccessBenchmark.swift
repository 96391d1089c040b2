import AccessControl
import TrickleCore
import TrickleRelay

/// How long it takes to decide about a request whose credentials were verified before.
@main
struct AccessBenchmark {
    private static let runCount = 7
    private static let decisionCount = 20_000

    /// Stands in for the check of a signature, which happens once for each token.
    private struct AnyToken: TokenVerifier {
        func claims(of token: String) async throws(TokenProblem) -> TokenClaims {
            var claims = TokenClaims()
            claims.channels = [.publish: [ChannelPattern("cam*")!]]
            return claims
        }
    }

    static func main() async throws {
        let jwt = JWTSettings(.file("key"))
        var rules = AccessRules()
        rules.users = ["ana": UserSecrets(password: PasswordHash.make(from: "secret", cost: 4))]
        rules.verifiers = [jwt: AnyToken()]
        rules.rules = [
            AccessRule([.read, .list], channels: [ChannelPattern("open*")!], to: [.anybody]),
            AccessRule(
                [.publish], channels: [ChannelPattern("cam*")!],
                to: [.addresses(AddressRange("10.0.0.0/8")!), .user("ana"), .token("0123456789abcdef")]),
            AccessRule(Set(AccessPermission.allCases), to: [.jwt(jwt)]),
        ]
        let access = ConfiguredAccess(rules)
        for (what, authorization) in [
            ("no credentials", nil), ("a token", "Bearer 0123456789abcdef"), ("a password", "Basic YW5hOnNlY3JldA=="),
            ("a JWT of 600 bytes", "Bearer eyJ" + String(repeating: "x", count: 597)),
        ] as [(String, String?)] {
            let client = ClientIdentity(target: "/cam1/0", fields: authorization.map { [("Authorization", $0)] } ?? [])
            let question = AccessQuestion(action: .publish, channel: try ChannelName("cam1"), client: client)
            _ = await access.decision(on: question)
            var best = Duration.seconds(3600)
            for _ in 0..<runCount {
                let time = ContinuousClock().measure {
                    for _ in 0..<decisionCount {
                        guard access.knownDecision(on: question) != nil else { preconditionFailure("it is known") }
                    }
                }
                best = min(best, time / decisionCount)
            }
            print("\(what): \((best / .microseconds(1) * 100).rounded() / 100) µs")
        }
    }
}
