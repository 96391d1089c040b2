/// Which tokens count (RFC 7519), as a rule says it.
public struct JWTSettings: Sendable, Hashable {
    /// Where the keys are.
    public enum Keys: Sendable, Hashable {
        /// The path of a key, or of a set of keys (RFC 7517).
        case file(String)
        /// The `http://` or `https://` URL of a set of keys.
        case url(String)
    }

    /// How a token is signed (RFC 7518, section 3.1; RFC 8037, section 3.1).
    public enum Algorithm: String, Sendable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    public var keys: Keys
    /// What the token has to be for (`aud`); nil where the rule does not say.
    public var audience: String?
    /// nil where the key alone says it.
    public var algorithm: Algorithm?

    public init(_ keys: Keys, audience: String? = nil, algorithm: Algorithm? = nil) {
        self.keys = keys
        self.audience = audience
        self.algorithm = algorithm
    }
}
