import TrickleCore
import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The claims of a token that count here: three of RFC 7519, and `trickle`.
///
///     {"exp": 1767225600, "aud": "relay", "trickle": {"publish": ["cam*"], "read": "*", "list": true}}
struct TokenPayload: Sendable {
    /// `exp` and `nbf`, in seconds since 1970.
    var expiry: Double?
    var beginning: Double?
    /// `aud`; nil where there is none.
    var audience: [String]?
    var channels: [AccessPermission: [ChannelPattern]] = [:]
}

extension TokenPayload {
    /// - Throws: what is wrong with it.
    init(_ bytes: [UInt8]) throws(TokenProblem) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(bytes)) } catch let problem as TokenProblem {
            throw problem
        } catch { throw TokenProblem("the token's claims cannot be read") }
    }

    /// What the bearer may do.
    ///
    /// - Parameters:
    ///   - audience: what the token has to be for; nil for one that is for nobody in particular (RFC 7519, section 4.1.3).
    ///   - now: in seconds since 1970.
    /// - Throws: why it does not count now.
    func claims(for audience: String?, now: Double) throws(TokenProblem) -> TokenClaims {
        if let expiry, now >= expiry { throw TokenProblem("the token has expired") }
        if let beginning, now < beginning { throw TokenProblem("the token does not count yet ('nbf')") }
        guard let audience else {
            if self.audience != nil {
                throw TokenProblem("the token is for an audience ('aud'), and this relay has none")
            }
            return claims
        }
        guard let mine = self.audience else { throw TokenProblem("the token names no audience ('aud')") }
        guard mine.contains(audience) else { throw TokenProblem("the token is for another audience ('aud')") }
        return claims
    }

    private var claims: TokenClaims {
        var claims = TokenClaims()
        claims.channels = channels
        claims.expiry = expiry
        return claims
    }
}
