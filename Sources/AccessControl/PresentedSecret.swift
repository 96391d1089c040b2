import TrickleRelay

/// What a request presents, as far as it counts for what it asks.
enum PresentedSecret: Sendable, Equatable {
    case token(String)
    case password(user: String, password: String)

    /// - Returns: nil for what does not count for the permission: the request is as one without credentials then.
    init?(_ credentials: ClientCredentials, for permission: AccessPermission) {
        switch credentials {
        case .bearer(let token), .token(let token): self = .token(token)
        case .cookie(let token):
            guard [.read, .list, .replay].contains(permission) else { return nil }
            self = .token(token)
        case .basic(let user, let password): self = .password(user: user, password: password)
        }
    }
}
