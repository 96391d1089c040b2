import Logging
import TrickleKit

/// Checks signed JSON Web Tokens (RFC 7519) by keys of a file, or of a key set behind a URL.
///
/// Each key is for one algorithm, whatever a token says. A token that names a key (`kid`) is checked by that one, and by keys without
/// a name. `exp`, `nbf` and `aud` are checked to the second, without a leeway. A token without `exp` counts for ever. A token with `aud`
/// does not count where no audience is set (RFC 7519, section 4.1.3).
///
/// A file has a public key in PEM (RSA for RS256, P-256 for ES256, Ed25519 for EdDSA), a key set (JWKS), or a secret for HS256 of at least
/// 32 bytes. A line end behind the secret is no part of it. A URL has a key set. It is fetched when the first token comes, again after
/// 5 minutes, and, at most once in 10 s, when a token names a key that it has not. While it cannot be fetched, the last keys count.
///
///     let keys = try TokenKeys(JWTSettings(.file("/etc/trickle/public.pem")), logger: logger)
///     let claims = try await keys.claims(of: token)
public final class TokenKeys: TokenVerifier {
    private enum Source {
        case file(TokenKeySet)
        case url(RemoteKeySet)
    }

    private let audience: String?
    private let source: Source
    private let clock: AccessClock

    /// Reads the file. A URL is fetched when the first token comes.
    ///
    /// - Throws: what is wrong with the file or the URL, and what to do.
    public convenience init(_ settings: JWTSettings, logger: Logger) throws(TokenKeyMistake) {
        try self.init(settings, logger: logger, clock: AccessClock())
    }

    init(_ settings: JWTSettings, logger: Logger, clock: AccessClock) throws(TokenKeyMistake) {
        audience = settings.audience
        self.clock = clock
        source = try Self.source(settings, logger: logger, clock: clock)
    }

    private static func source(
        _ settings: JWTSettings, logger: Logger, clock: AccessClock
    ) throws(TokenKeyMistake) -> Source {
        switch settings.keys {
        case .file(let path):
            return .file(try TokenKeySet(file: KeyFile.bytes(of: path), name: path, algorithm: settings.algorithm))
        case .url(let text):
            guard let url = WebURL(text) else { throw TokenKeyMistake("the keys' URL is no http:// or https:// URL") }
            guard settings.algorithm != .hs256 else {
                throw TokenKeyMistake("\(url) cannot have the secret of HS256, which is no secret there: use a file")
            }
            return .url(RemoteKeySet(url, algorithm: settings.algorithm, logger: logger, clock: clock))
        }
    }

    public func claims(of token: String) async throws(TokenProblem) -> TokenClaims {
        let token = try SignedToken(token)
        for key in try await keys(for: token).keys(for: token) where await key.hasSigned(token) {
            return try TokenPayload(token.payload).claims(for: audience, now: clock.secondsSince1970())
        }
        throw TokenProblem("no key that counts here has signed the token")
    }

    private func keys(for token: SignedToken) async throws(TokenProblem) -> TokenKeySet {
        switch source {
        case .file(let keys): return keys
        case .url(let remote):
            guard let keys = await remote.keys(for: token) else {
                throw TokenProblem("the keys of tokens have not come yet", isTemporary: true)
            }
            return keys
        }
    }
}
