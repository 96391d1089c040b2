import Logging
import Synchronization
import TrickleKit
import TrickleRelay

/// The key set behind a URL: fetched when somebody needs it, and kept.
final class RemoteKeySet: Sendable {
    private struct State {
        var refresh = KeyRefreshState()
        var running: Task<Void, Never>?
    }

    private static let timeLimit = Duration.seconds(5)

    private let url: WebURL
    private let algorithm: JWTSettings.Algorithm?
    private let failures: RateLimitedLog
    private let clock: AccessClock
    private let state = Mutex(State())

    init(
        _ url: WebURL, algorithm: JWTSettings.Algorithm?, logger: Logger,
        clock: AccessClock
    ) {
        self.url = url
        self.algorithm = algorithm
        self.clock = clock
        failures = RateLimitedLog(logger, level: .warning)
    }

    /// The keys for a token: new ones if it names one that is not known, unless that was tried a moment ago.
    ///
    /// - Returns: nil where none have ever come.
    func keys(for token: SignedToken) async -> TokenKeySet? {
        let (keys, awaited) = state.withLock { state in
            let keys = state.refresh.keys
            let isKeyUnknown = keys?.lacksKey(of: token) ?? true
            if let running = state.running { return (keys, isKeyUnknown ? running : nil) }
            let need = state.refresh.need(isKeyUnknown: isKeyUnknown, now: clock.now())
            guard need != .none else { return (keys, nil) }
            state.refresh.began(now: clock.now())
            // Not the asker's task: others wait for it, too.
            let task = Task { await self.refresh() }
            state.running = task
            return (keys, need == .now ? task : nil)
        }
        guard let awaited else { return keys }
        await awaited.value
        return state.withLock { $0.refresh.keys }
    }

    private func refresh() async {
        let keys: TokenKeySet?
        do { keys = try await fetch() } catch {
            keys = nil
            let isFirst = state.withLock { $0.refresh.keys == nil }
            let consequence = isFirst ? "no token can be checked" : "those that came last still count"
            failures.happened { "the keys of tokens did not come: \(error); \(consequence)" }
        }
        state.withLock { state in
            state.refresh.ended(keys, now: clock.now())
            state.running = nil
        }
    }

    private func fetch() async throws -> TokenKeySet {
        let request = BriefRequest(url, timeLimit: Self.timeLimit, byteLimit: TokenKeySet.maximumByteCount)
        let answer = try await request.answer()
        guard answer.isSuccess else { throw TokenKeyMistake("\(url) answers \(answer.status)") }
        return try TokenKeySet(remote: answer.body, name: "\(url)", algorithm: algorithm)
    }
}
