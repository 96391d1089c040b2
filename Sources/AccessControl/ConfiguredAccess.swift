import Synchronization
import TrickleRelay

/// Decides by rules, which can change while the relay runs.
///
///     var rules = AccessRules()
///     rules.rules = [
///         AccessRule([.read, .list], to: [.anybody]),
///         AccessRule([.publish], channels: [ChannelPattern("cam*")!], to: [.token(secret)]),
///     ]
///     configuration.access = ConfiguredAccess(rules)
public final class ConfiguredAccess: AccessPolicy {
    /// How many are remembered who have shown who they are; then those go that have not come for the longest time.
    static let maximumStandingCount = 10_000

    private let rules: Mutex<ActiveRules>
    let surroundings: AccessSurroundings

    public convenience init(_ rules: AccessRules) { self.init(rules, clock: AccessClock()) }

    init(_ rules: AccessRules, clock: AccessClock, standingCount: Int = maximumStandingCount) {
        surroundings = AccessSurroundings(clock: clock, standingCount: standingCount)
        self.rules = Mutex(ActiveRules(rules, surroundings))
    }

    /// Decides by other rules from now on. Who has shown who it is has to show it anew.
    public func replace(with rules: AccessRules) {
        let rules = ActiveRules(rules, surroundings)
        self.rules.withLock { $0 = rules }
    }

    /// How many are remembered who have shown who they are.
    var standingCount: Int { current.register.standingCount }

    private var current: ActiveRules { rules.withLock(\.self) }

    public func knownDecision(on question: AccessQuestion) -> AccessDecision? {
        var inquiry = AccessInquiry(question, current)
        if let grant = inquiry.wholeGrant { return .allowed(grant) }
        guard inquiry.recogniseKnown() else { return nil }
        return inquiry.askHooksKnown() ? conclusion(of: inquiry) : nil
    }

    public func decision(on question: AccessQuestion) async -> AccessDecision {
        var inquiry = AccessInquiry(question, current)
        if let grant = inquiry.wholeGrant { return .allowed(grant) }
        await inquiry.recognise()
        await inquiry.askHooks()
        return conclusion(of: inquiry)
    }

    private func conclusion(of inquiry: AccessInquiry) -> AccessDecision {
        if inquiry.isGuess {
            surroundings.failures.count(inquiry.question.client.household, now: surroundings.clock.now())
        }
        return inquiry.decision
    }
}
