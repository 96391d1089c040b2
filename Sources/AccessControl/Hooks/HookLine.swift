/// What a hook is asked at the moment, what waits for its turn, and what it has answered.
struct HookLine<Waiter: Sendable> {
    /// A question that is to be asked, and since when somebody waits for its answer.
    struct Job: Sendable {
        let question: HookQuestion
        let digest: SecretDigest
        let since: ContinuousClock.Instant
    }

    enum Action: Sendable {
        /// Nothing more: whoever asked waits.
        case wait
        case ask(Job)
        case answer(HookAnswer)
    }

    /// Questions that are asked at once, and those that wait for their turn at most.
    static var width: Int { 16 }
    static var maximumWaitingCount: Int { 1_000 }
    /// Answers that are kept; then those go that nobody has asked for in the longest time.
    static var maximumAnswerCount: Int { 10_000 }

    private var answers = BoundedTable<SecretDigest, (answer: HookAnswer, end: ContinuousClock.Instant)>(
        capacity: maximumAnswerCount)
    /// Who waits for which answer.
    private var waiters: [SecretDigest: [Waiter]] = [:]
    private var askedCount = 0
    private var line: [Job] = []
    private let cache: Duration

    /// Questions that wait for their turn.
    var waitingCount: Int { line.count }

    /// - Parameter cache: how long an answer counts.
    init(cache: Duration) { self.cache = cache }

    mutating func answer(to digest: SecretDigest, now: ContinuousClock.Instant) -> HookAnswer? {
        guard let (answer, end) = answers[digest] else { return nil }
        if now < end { return answer }
        answers[digest] = nil
        return nil
    }

    mutating func asked(
        _ question: HookQuestion, _ digest: SecretDigest, by waiter: Waiter, now: ContinuousClock.Instant
    ) -> Action {
        if let answer = answer(to: digest, now: now) { return .answer(answer) }
        if waiters[digest] != nil {
            waiters[digest]?.append(waiter)
            return .wait
        }
        let job = Job(question: question, digest: digest, since: now)
        if askedCount < Self.width {
            askedCount += 1
            waiters[digest] = [waiter]
            return .ask(job)
        }
        guard line.count < Self.maximumWaitingCount else { return .answer(.undecided) }
        waiters[digest] = [waiter]
        line.append(job)
        return .wait
    }

    /// - Returns: who gets the answer, and what is asked next.
    mutating func answered(
        _ job: Job, _ answer: HookAnswer, now: ContinuousClock.Instant
    ) -> (waiters: [Waiter], next: Job?) {
        if answer != .undecided { answers[job.digest] = (answer, now + cache) }
        let waiters = waiters.removeValue(forKey: job.digest) ?? []
        if line.isEmpty {
            askedCount -= 1
            return (waiters, nil)
        }
        return (waiters, line.removeFirst())
    }
}
