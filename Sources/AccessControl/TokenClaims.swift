import TrickleCore
import TrickleRelay

/// What a verified token says that its bearer may do.
public struct TokenClaims: Sendable, Equatable {
    /// The channels of each permission that it has.
    public var channels: [AccessPermission: [ChannelPattern]] = [:]
    /// When it expires, in seconds since 1970 (RFC 7519, section 4.1.4); nil for never.
    public var expiry: Double?

    public init() {}
}

/// Why a token does not count, in a few words that repeat nothing of it.
public struct TokenProblem: Error, Equatable, CustomStringConvertible {
    public let description: String
    /// Whether it may count later, because nobody can tell at the moment: the keys have not come yet.
    public let isTemporary: Bool

    public init(_ description: String, isTemporary: Bool = false) {
        self.description = description
        self.isTemporary = isTemporary
    }
}

/// What checks tokens.
public protocol TokenVerifier: Sendable {
    func claims(of token: String) async throws(TokenProblem) -> TokenClaims
}
