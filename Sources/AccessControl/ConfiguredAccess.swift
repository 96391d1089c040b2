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

    private let rules: Mutex<ActiveRules?>
    /// Whether there are none: it is asked for with each request.
    private let hasNoRules: Atomic<Bool>
    private let replacements = Atomic(0)
    let surroundings: AccessSurroundings

    /// - Parameter rules: nil lets everybody do everything.
    public convenience init(_ rules: AccessRules?) { self.init(rules, clock: AccessClock()) }

    init(_ rules: AccessRules?, clock: AccessClock, standingCount: Int = maximumStandingCount) {
        surroundings = AccessSurroundings(clock: clock, standingCount: standingCount)
        self.rules = Mutex(rules.map { [surroundings] in ActiveRules($0, surroundings) })
        hasNoRules = Atomic(rules == nil)
    }

    /// Decides by other rules from now on. Who has shown who it is has to show it anew, also for what is under way.
    ///
    /// - Parameter rules: nil lets everybody do everything.
    public func replace(with rules: AccessRules?) {
        let rules = rules.map { ActiveRules($0, surroundings) }
        self.rules.withLock { current in
            current = rules
            hasNoRules.store(rules == nil, ordering: .releasing)
            // Last: whoever sees it finds the new rules.
            replacements.add(1, ordering: .releasing)
        }
    }

    public var isOpen: Bool { hasNoRules.load(ordering: .acquiring) }
    public var generation: Int { replacements.load(ordering: .acquiring) }

    /// How many are remembered who have shown who they are.
    var standingCount: Int { current?.register.standingCount ?? 0 }

    private var current: ActiveRules? { rules.withLock(\.self) }

    private static let open = {
        var grant = AccessGrant()
        grant.isForAnybody = true
        return AccessDecision.allowed(grant)
    }()

    public func knownDecision(on question: AccessQuestion) -> AccessDecision? {
        guard let current else { return Self.open }
        var inquiry = AccessInquiry(question, current)
        if let grant = inquiry.wholeGrant { return .allowed(grant) }
        guard inquiry.recogniseKnown() else { return nil }
        return inquiry.askHooksKnown() ? conclusion(of: inquiry) : nil
    }

    public func decision(on question: AccessQuestion) async -> AccessDecision {
        guard let current else { return Self.open }
        var inquiry = AccessInquiry(question, current)
        if let grant = inquiry.wholeGrant { return .allowed(grant) }
        await inquiry.recognise()
        await inquiry.askHooks()
        return conclusion(of: inquiry)
    }

    private func conclusion(of inquiry: AccessInquiry) -> AccessDecision {
        if !inquiry.question.isAskedAgain, inquiry.isGuess {
            surroundings.failures.count(inquiry.question.client.household, now: surroundings.clock.now())
        }
        return inquiry.decision
    }
}
