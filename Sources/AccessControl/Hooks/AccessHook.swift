import Logging
import Synchronization
import TrickleKit
import TrickleRelay

/// Asks a program of the user's, by `POST` of a JSON text, who may do what.
///
/// A status of 200 … 299 allows it, 401 says that the credentials are wrong, and all others refuse it. No answer within 3 s leaves it undecided.
/// Equal questions at once are one. Questions are equal whatever their connections and user agents are.
public final class AccessHook: HookAsking {
    private typealias Line = HookLine<CheckedContinuation<HookAnswer, Never>>

    /// For an answer; and for the turn of a question, because nobody waits for ever where a hook is slow.
    static let timeLimit = Duration.seconds(3)
    /// Bytes of an answer that are read, and not looked at.
    private static let byteLimit = 64 << 10

    private let url: WebURL
    private let timeLimit: Duration
    private let clock: AccessClock
    private let key = SecretDigest.Key()
    private let problems: RateLimitedLog
    private let line: Mutex<Line>

    /// - Throws: ``HookMistake`` where the URL is none.
    public convenience init(_ settings: HookSettings, logger: Logger) throws(HookMistake) {
        try self.init(settings, logger: logger, clock: AccessClock())
    }

    init(
        _ settings: HookSettings, logger: Logger, clock: AccessClock, timeLimit: Duration = timeLimit
    ) throws(HookMistake) {
        guard let url = WebURL(settings.url) else { throw HookMistake() }
        self.url = url
        self.clock = clock
        self.timeLimit = timeLimit
        problems = RateLimitedLog(logger, level: .warning)
        line = Mutex(Line(cache: settings.cache))
    }

    /// Questions that wait for their turn.
    var waitingCount: Int { line.withLock { $0.waitingCount } }

    public func knownAnswer(to question: AccessQuestion) -> HookAnswer? {
        let digest = key.digest(of: HookQuestion(question).essence)
        return line.withLock { $0.answer(to: digest, now: clock.now()) }
    }

    public func answer(to question: AccessQuestion) async -> HookAnswer {
        let question = HookQuestion(question)
        let digest = key.digest(of: question.essence)
        return await withCheckedContinuation { continuation in
            switch line.withLock({ $0.asked(question, digest, by: continuation, now: clock.now()) }) {
            case .wait: break
            case .ask(let job): start(job)
            case .answer(let answer):
                if answer == .undecided { problems.happened { "the access hook at \(url) is asked too much" } }
                continuation.resume(returning: answer)
            }
        }
    }

    /// In a task of its own: several may wait for it.
    private func start(_ job: Line.Job) {
        Task {
            let answer = await ask(job)
            let (waiters, next) = line.withLock { $0.answered(job, answer, now: clock.now()) }
            for waiter in waiters { waiter.resume(returning: answer) }
            if let next { start(next) }
        }
    }

    private func ask(_ job: Line.Job) async -> HookAnswer {
        guard clock.now() - job.since < timeLimit else {
            problems.happened { "the access hook at \(url) is too slow for all that it is asked" }
            return .undecided
        }
        do {
            let request = BriefRequest(
                posting: try job.question.json(), to: url, timeLimit: timeLimit, byteLimit: Self.byteLimit)
            return answer(for: try await request.answer().status)
        } catch {
            problems.happened { "the access hook does not answer, and nobody is let in by it: \(error)" }
            return .undecided
        }
    }

    private func answer(for status: Int) -> HookAnswer {
        switch status {
        case 200..<300: return .allowed
        case 401: return .credentialsWrong
        case 403: return .refused
        default:
            problems.happened { "the access hook at \(url) answers \(status), which refuses: 403 would say so" }
            return .refused
        }
    }
}

/// Why a hook cannot be asked.
public struct HookMistake: Error, CustomStringConvertible {
    public var description: String { "the hook's URL is no http:// or https:// URL" }
}
