import TrickleCore

/// Decides who may do what. The relay asks it once for each request, before anything is created, read or woken.
///
///     struct OnlyMine: AccessPolicy {
///         func decision(on question: AccessQuestion) async -> AccessDecision {
///             await accounts.mayPublish(question.client.credentials, question.channel)
///                 ? .allowed(AccessGrant()) : .refused(.credentialsMissing)
///         }
///     }
public protocol AccessPolicy: Sendable {
    /// What is known already, without waiting: it is asked for on the relay's event loop, and first.
    ///
    /// - Returns: nil where ``decision(on:)`` has to be asked.
    func knownDecision(on question: AccessQuestion) -> AccessDecision?

    /// Is cancelled when the client leaves.
    func decision(on question: AccessQuestion) async -> AccessDecision

    /// Whether everybody may do everything at the moment: nothing is asked then.
    var isOpen: Bool { get }

    /// Changes when what was decided before may be decided otherwise now. Within about a second, the relay asks again about all that is
    /// under way.
    var generation: Int { get }
}

extension AccessPolicy {
    public func knownDecision(on question: AccessQuestion) -> AccessDecision? { nil }
    public var isOpen: Bool { false }
    public var generation: Int { 0 }
}

/// What a request is about to do, and for whom.
public struct AccessQuestion: Sendable {
    public let action: RelayAction
    /// nil for what is about none, or about more than one: lists, the changefeed, the page.
    public let channel: ChannelName?
    /// Who asks. The credentials are claims, which nobody has checked.
    public let client: ClientIdentity
    /// Whether the client was let in, and the policy's ``AccessPolicy/generation`` has changed since. It guesses nothing, then.
    public internal(set) var isAskedAgain = false

    public init(action: RelayAction, channel: ChannelName?, client: ClientIdentity) {
        self.action = action
        self.channel = channel
        self.client = client
    }

    /// What somebody has to be allowed for it.
    public var permission: AccessPermission { action.permission }
}

public enum AccessDecision: Sendable {
    case allowed(AccessGrant)
    case refused(AccessRefusal)
}

/// How far somebody is allowed to go.
public struct AccessGrant: Sendable {
    /// When the request ends at the latest: its credentials count no longer then; nil for never.
    public var end: ContinuousClock.Instant?
    /// Whether anybody may do it: pages of all origins may read the answer then.
    public var isForAnybody = false
    /// The channels that may be listed; nil for all. It counts for requests about more than one channel.
    public var listed: [ChannelPattern]?

    public init() {}

    /// For what nobody has to be let in for.
    static let forAnybody = {
        var grant = AccessGrant()
        grant.isForAnybody = true
        return grant
    }()

    /// Whether the client may see that there is such a channel.
    public func lists(_ channel: ChannelName) -> Bool {
        listed?.contains { $0.matches(channel) } ?? true
    }
}

/// Why somebody is not allowed to do something.
public enum AccessRefusal: Sendable, Equatable {
    /// Nothing was presented: 401.
    case credentialsMissing
    /// What was presented does not count: 401. The text says why in a few words, and repeats nothing of it.
    case credentialsWrong(String)
    /// What was presented counts, and is not enough: 403. Where the client may not even know that there is such a channel: 404.
    case insufficient(isHidden: Bool)
    /// The client has guessed too often: 429.
    case tooManyFailures(retryAfter: Duration)
    /// Nobody can tell at the moment: 503.
    case undecided
}
