import TrickleRelay

/// One request's way through the rules: what it presents, and what is found out about that.
struct AccessInquiry {
    let question: AccessQuestion
    let demand: AccessDemand
    let rules: ActiveRules
    /// What is presented; nil for nothing that counts, or before it is looked at.
    private var secret: (text: PresentedSecret, digest: SecretDigest)?
    private var recognition: Recognition?
    private var hookAnswers: [(answer: HookAnswer, rights: ChannelRights)] = []
    /// Whether hooks let the client see that there is such a channel.
    private var isSeenByHooks = false

    init(_ question: AccessQuestion, _ rules: ActiveRules) {
        self.question = question
        self.rules = rules
        demand = AccessDemand(question)
    }

    /// Where failures are counted; nil where none is: what is asked again about was let in once, and is no guess.
    private var address: ClientAddress? { question.isAskedAgain ? nil : question.client.household }

    // MARK: What is found out

    /// What is allowed by all that is known so far.
    var grant: AccessGrant? {
        let hookRights = hookAnswers.filter { $0.answer == .allowed }.map(\.rights)
        return rules.grant(demand, to: question.client, recognition?.standing, hookRights: hookRights)
    }

    /// The same, where nothing could be added to it.
    var wholeGrant: AccessGrant? { grant.flatMap { demand.isListing && $0.listed != nil ? nil : $0 } }

    /// Looks at the secret without waiting.
    ///
    /// - Returns: Whether that is enough.
    mutating func recogniseKnown() -> Bool {
        guard let text = question.client.credentials.flatMap({ PresentedSecret($0, for: question.permission) })
        else { return true }
        let secret = (text: text, digest: rules.register.digest(of: text))
        self.secret = secret
        recognition = rules.register.knownRecognition(of: secret.text, secret.digest, from: address)
        return recognition != nil
    }

    mutating func recognise() async {
        guard !recogniseKnown(), let secret else { return }
        recognition = await rules.register.recognition(of: secret.text, secret.digest, from: address)
    }

    /// Takes the answers that hooks have given already.
    ///
    /// - Returns: Whether that is enough.
    mutating func askHooksKnown() -> Bool {
        for hook in hooks(for: demand) where wholeGrant == nil {
            guard let answer = hook.asking.knownAnswer(to: question) else {
                if mayAskHooks { return false }
                continue
            }
            hookAnswers.append((answer, hook.rights))
        }
        guard let (seeing, question) = questionOfSeeing else { return true }
        for hook in hooks(for: seeing) where !isSeenByHooks {
            guard let answer = hook.asking.knownAnswer(to: question) else { return false }
            isSeenByHooks = answer == .allowed
        }
        return true
    }

    mutating func askHooks() async {
        for hook in hooks(for: demand) where wholeGrant == nil {
            if let answer = hook.asking.knownAnswer(to: question) {
                hookAnswers.append((answer, hook.rights))
            } else if mayAskHooks {
                hookAnswers.append((await hook.asking.answer(to: question), hook.rights))
            }
        }
        guard let (seeing, question) = questionOfSeeing else { return }
        for hook in hooks(for: seeing) where !isSeenByHooks {
            isSeenByHooks = await hook.asking.answer(to: question) == .allowed
        }
    }

    private func hooks(for demand: AccessDemand) -> [ActiveRules.Hook] {
        rules.hooks.filter { $0.rights.allows(demand) }
    }

    /// An address that waits gets only answers that are known already.
    private var mayAskHooks: Bool {
        if case .tooManyFailures = recognition { false } else { true }
    }

    /// What hooks are asked besides where they may know that the client sees a channel that it may do nothing else with.
    private var questionOfSeeing: (AccessDemand, AccessQuestion)? {
        guard !rules.hooks.isEmpty, case .refused(.insufficient(isHidden: true)) = decision, let seeing = demand.seeing
        else { return nil }
        return (seeing, AccessQuestion(action: .list, channel: question.channel, client: question.client))
    }

    // MARK: What follows from it

    var decision: AccessDecision {
        if let grant { return .allowed(grant) }
        if case .tooManyFailures(let wait) = recognition { return .refused(.tooManyFailures(retryAfter: wait)) }
        if case .undecided = recognition { return .refused(.undecided) }
        if hasHookSaid(.undecided) { return .refused(.undecided) }
        // Whoever presents nothing is asked to, before anybody says that it would not do.
        guard secret != nil else { return .refused(.credentialsMissing) }
        if recognition?.standing != nil || hasHookSaid(.refused) { return .refused(.insufficient(isHidden: isHidden)) }
        guard case .unrecognised(let reason) = recognition else {
            preconditionFailure("a secret is looked at before it is decided upon")
        }
        return .refused(.credentialsWrong(reason))
    }

    /// Whether somebody may have guessed. Who is known to a hook has not, unless secrets of that kind are in the rules, too.
    var isGuess: Bool {
        guard case .unrecognised = recognition, let secret, !hasHookSaid(.allowed) else { return false }
        return rules.register.hasSecrets(like: secret.text) || hookAnswers.allSatisfy { $0.answer == .credentialsWrong }
    }

    private var isHidden: Bool {
        if case .channel(.list, _) = demand { return true }
        guard let seeing = demand.seeing, !isSeenByHooks else { return false }
        return rules.grant(seeing, to: question.client, recognition?.standing) == nil
    }

    private func hasHookSaid(_ answer: HookAnswer) -> Bool { hookAnswers.contains { $0.answer == answer } }
}
