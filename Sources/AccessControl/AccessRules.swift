/// Who may do what. What no rule allows is refused.
public struct AccessRules: Sendable {
    public var rules: [AccessRule] = []
    /// How the users of the rules show who they are, by their names.
    public var users: [String: UserSecrets] = [:]
    /// What checks the tokens of the rules that are for a JWT.
    public var verifiers: [JWTSettings: any TokenVerifier] = [:]
    /// What asks the hooks of the rules.
    public var hooks: [HookSettings: any HookAsking] = [:]

    public init() {}
}

/// What is kept of a user's password.
public struct UserSecrets: Sendable, Equatable {
    public var password: PasswordHash?
    /// The MD5 hash of name, realm and password, in 32 lower-case hex digits, which Digest needs (`H(A1)`: RFC 7616, section 3.4.2).
    public var digestHA1: String?

    public init(password: PasswordHash? = nil, digestHA1: String? = nil) {
        self.password = password
        self.digestHA1 = digestHA1
    }
}
