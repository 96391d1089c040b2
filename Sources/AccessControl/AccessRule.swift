import TrickleCore
import TrickleRelay

/// Lets somebody do something with some channels.
public struct AccessRule: Sendable, Equatable {
    public var permissions: Set<AccessPermission>
    public var channels: [ChannelPattern]
    /// Each of them may.
    public var subjects: [AccessSubject]

    public init(_ permissions: Set<AccessPermission>, channels: [ChannelPattern] = [.all], to subjects: [AccessSubject])
    {
        self.permissions = permissions
        self.channels = channels
        self.subjects = subjects
    }
}

/// Whom a rule is for.
public enum AccessSubject: Sendable, Equatable {
    case anybody
    case addresses(AddressRange)
    case user(String)
    case token(String)
    /// Whoever has a token that such a key has signed, and as far as the token says.
    case jwt(JWTSettings)
    /// Whomever a program of the user's lets in.
    case hook(HookSettings)
}
