/// What became of a secret.
enum Recognition: Sendable {
    case recognised(Standing)
    /// The text says why, and repeats nothing of it.
    case unrecognised(String)
    /// Nobody can tell at the moment how far it goes; the standing is what is known.
    case undecided(Standing?)
    /// It was not looked at.
    case tooManyFailures(retryAfter: Duration)

    var standing: Standing? {
        switch self {
        case .recognised(let standing): standing
        case .undecided(let standing): standing
        case .unrecognised, .tooManyFailures: nil
        }
    }
}

/// What somebody is let do who has shown who it is.
struct Standing: Sendable {
    var rights: ChannelRights
    /// When it has to show that anew; nil for never.
    var end: ContinuousClock.Instant?
}
