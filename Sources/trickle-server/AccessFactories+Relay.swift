import AccessControl
import Endings

extension AccessFactories {
    /// What this program can check and ask.
    static let relay = AccessFactories(
        verifier: { _ in
            throw ToolFailure("trickle-server checks no JWT: let the rule be for {token: …} or {user: …}")
        },
        hook: { _ in
            throw ToolFailure("trickle-server asks no hook: let the rule be for {token: …} or {user: …}")
        })
}
