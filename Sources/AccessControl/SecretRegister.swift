import Synchronization
import TrickleRelay

/// Knows who is behind a secret, and remembers who has shown it.
final class SecretRegister: Sendable {
    private typealias User = (password: PasswordHash, rights: ChannelRights)

    private struct State {
        var standings: BoundedTable<SecretDigest, Standing>
        /// Those that are being looked at. Who presents the same waits for the same.
        var running: [SecretDigest: Task<Recognition, Never>] = [:]
    }

    /// Secrets that are looked at at once, most of them waiting; of one more nobody can tell at the moment.
    static let maximumRunningCount = 1000

    private let tokens: [SecretDigest: ChannelRights]
    private let users: [String: User]
    /// The hashes that an unknown user's password is held against.
    private let decoys: [PasswordHash]
    private let verifiers: [(verifier: any TokenVerifier, rights: ChannelRights)]
    private let key: SecretDigest.Key
    private let surroundings: AccessSurroundings
    private let state: Mutex<State>

    init(_ rules: AccessRules, _ surroundings: AccessSurroundings) {
        let key = SecretDigest.Key()
        var tokens: [SecretDigest: ChannelRights] = [:]
        var users: [String: ChannelRights] = [:]
        var verifiers: [JWTSettings: ChannelRights] = [:]
        for (subject, rights) in rules.rights {
            switch subject {
            case .user(let name): users[name, default: ChannelRights()].formUnion(rights)
            case .token(let text): tokens[key.digest(of: .token(text)), default: ChannelRights()].formUnion(rights)
            case .jwt(let settings): verifiers[settings, default: ChannelRights()].formUnion(rights)
            case .anybody, .addresses, .hook: break
            }
        }
        self.key = key
        self.surroundings = surroundings
        self.tokens = tokens
        self.users = users.reduce(into: [:]) { known, user in
            if let password = rules.users[user.key]?.password { known[user.key] = (password, user.value) }
        }
        decoys = self.users.values.map(\.password)
        self.verifiers = verifiers.compactMap { settings, rights in rules.verifiers[settings].map { ($0, rights) } }
        state = Mutex(State(standings: BoundedTable(capacity: surroundings.standingCount)))
    }

    func digest(of secret: PresentedSecret) -> SecretDigest { key.digest(of: secret) }

    /// Whether rules have secrets of this kind.
    func hasSecrets(like secret: PresentedSecret) -> Bool {
        switch secret {
        case .token: !tokens.isEmpty || !verifiers.isEmpty
        case .password: !users.isEmpty
        }
    }

    /// How many are remembered.
    var standingCount: Int { state.withLock { $0.standings.count } }

    // MARK: Without waiting

    /// What can be told of a secret without waiting; nil where ``recognition(of:_:from:)`` has to be asked for.
    ///
    /// - Parameter address: Where it comes from, as failures are counted; nil where they are not.
    func knownRecognition(
        of secret: PresentedSecret, _ digest: SecretDigest, from address: ClientAddress?
    ) -> Recognition? {
        if let standing = standing(of: digest) { return .recognised(standing) }
        // Also a right guess is none then: nobody learns from a wait which one was right.
        if let address, let wait = surroundings.failures.wait(of: address, now: surroundings.clock.now()) {
            return .tooManyFailures(retryAfter: wait)
        }
        switch secret {
        case .token:
            if let rights = tokens[digest] { return .recognised(remember(Standing(rights: rights), digest)) }
            return verifiers.isEmpty ? .unrecognised("the token is not known here") : nil
        case .password: return users.isEmpty ? .unrecognised("no user is known here") : nil
        }
    }

    private func standing(of digest: SecretDigest) -> Standing? {
        state.withLock { state in
            guard let standing = state.standings[digest] else { return nil }
            guard let end = standing.end, end <= surroundings.clock.now() else { return standing }
            state.standings[digest] = nil
            return nil
        }
    }

    private func remember(_ standing: Standing, _ digest: SecretDigest) -> Standing {
        state.withLock { $0.standings[digest] = standing }
        return standing
    }

    // MARK: As long as it takes

    func recognition(
        of secret: PresentedSecret, _ digest: SecretDigest, from address: ClientAddress?
    ) async -> Recognition {
        switch look(at: secret, digest, from: address) {
        case .task(let task): await task.value
        case .answer(let recognition): recognition
        }
    }

    private enum Look {
        case task(Task<Recognition, Never>)
        case answer(Recognition)
    }

    private func look(at secret: PresentedSecret, _ digest: SecretDigest, from address: ClientAddress?) -> Look {
        state.withLock { state in
            if let task = state.running[digest] { return .task(task) }
            guard state.running.count < Self.maximumRunningCount else { return .answer(.undecided(nil)) }
            let task: Task<Recognition, Never>
            switch secret {
            case .token(let token): task = Task { await self.look(atToken: token, digest) }
            case .password(let user, let password):
                let (failures, clock) = (surroundings.failures, surroundings.clock)
                if let address, let wait = failures.begin(address, now: clock.now()) {
                    return .answer(.tooManyFailures(retryAfter: wait))
                }
                task = Task {
                    defer { if let address { failures.end(address, now: clock.now()) } }
                    return await self.look(at: user, password, digest)
                }
            }
            state.running[digest] = task
            return .task(task)
        }
    }

    private func look(at name: String, _ password: String, _ digest: SecretDigest) async -> Recognition {
        defer { forgetTask(digest) }
        let user = users[name]
        // An unknown user takes as long as one of the known ones, always the same.
        guard let hash = user?.password ?? decoy(for: name) else { return .unrecognised("no user is known here") }
        let fits = await surroundings.passwords.run { hash.fits(password) }
        guard let user, fits else { return .unrecognised("the user or the password is wrong") }
        return .recognised(remember(Standing(rights: user.rights), digest))
    }

    private func decoy(for name: String) -> PasswordHash? {
        decoys.isEmpty ? nil : decoys[key.digest(of: .token(name)).place(among: decoys.count)]
    }

    private func look(atToken token: String, _ digest: SecretDigest) async -> Recognition {
        defer { forgetTask(digest) }
        var standing: Standing?
        var problems: [TokenProblem] = []
        for (verifier, rights) in verifiers {
            do throws(TokenProblem) {
                let claims = try await verifier.claims(of: token)
                let end = claims.expiry.flatMap(surroundings.clock.instant)
                var claimed = rights.intersection(ChannelRights(claims))
                if let standing { claimed.formUnion(standing.rights) }
                standing = Standing(rights: claimed, end: [end, standing?.end].compactMap(\.self).min())
            } catch {
                if !problems.contains(error) { problems.append(error) }
            }
        }
        // Other keys may say more a little later.
        if problems.contains(where: \.isTemporary) { return .undecided(standing) }
        if let standing { return .recognised(remember(standing, digest)) }
        return .unrecognised(problems.map(\.description).joined(separator: "; "))
    }

    private func forgetTask(_ digest: SecretDigest) { state.withLock { $0.running[digest] = nil } }
}
