import ConfigurationReading
import NIOHTTP1
import Synchronization
import Testing
import TrickleCore
import YAML

@testable import AccessControl
@testable import TrickleRelay

/// Rules of a file, with a clock, tokens and hooks that the test sets.
final class AccessBench: Sendable {
    let access: ConfiguredAccess
    let time = TestTime()
    let tokens: FakeTokens
    let hook: FakeHook

    /// - Parameter yaml: nil for no rules at all.
    init(_ yaml: String?, standingCount: Int = 100) throws {
        let (tokens, hook) = (FakeTokens(), FakeHook())
        (self.tokens, self.hook) = (tokens, hook)
        access = ConfiguredAccess(
            try yaml.map { try Self.rules($0, tokens, hook) }, clock: time.clock, standingCount: standingCount)
    }

    func replace(with yaml: String?) throws {
        access.replace(with: try yaml.map { try Self.rules($0, tokens, hook) })
    }

    private static func rules(_ yaml: String, _ tokens: FakeTokens, _ hook: FakeHook) throws -> AccessRules {
        var reader = AccessReader(
            file: "r.yaml", folder: "/etc/", factories: AccessFactories(verifier: { _ in tokens }, hook: { _ in hook }))
        let rules = reader.read(try #require(try YAMLNode.read(yaml)))
        #expect(reader.mistakes.map(\.description) == [])
        return rules
    }

    /// What is decided, and whether it was known at once.
    func ask(
        _ action: RelayAction, _ channel: String?, from address: String = "192.0.2.1", _ authorization: String? = nil,
        query: String = "", isAgain: Bool = false
    ) async throws -> (text: String, wasKnown: Bool) {
        var question = try Self.question(action, channel, from: address, authorization, query: query)
        question.isAskedAgain = isAgain
        if let known = access.knownDecision(on: question) { return ("\(known: known)", true) }
        return ("\(known: await access.decision(on: question))", false)
    }

    static func question(
        _ action: RelayAction, _ channel: String?, from address: String = "192.0.2.1", _ authorization: String? = nil,
        query: String = ""
    ) throws -> AccessQuestion {
        var headers: HTTPHeaders = ["Host": "relay", "User-Agent": "test"]
        if let authorization { headers.add(name: "Authorization", value: authorization) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/\(channel ?? "")\(query)", headers: headers)
        let client = ClientIdentity(
            address: try #require(ClientAddress(address)), connection: .none, head: RelayRequest(head))
        // As it comes in a request's target.
        let name = try channel.map { try ChannelName(percentEncoded: $0.utf8) }
        return AccessQuestion(action: action, channel: name, client: client)
    }
}

extension DefaultStringInterpolation {
    /// A decision in a few words.
    mutating func appendInterpolation(known decision: AccessDecision) {
        switch decision {
        case .allowed(let grant):
            appendLiteral(grant.isForAnybody ? "anybody" : "allowed")
            if let listed = grant.listed {
                appendLiteral(" " + listed.map(\.description).sorted().joined(separator: " "))
            }
        case .refused(.credentialsMissing): appendLiteral("missing")
        case .refused(.credentialsWrong(let reason)): appendLiteral("wrong: \(reason)")
        case .refused(.insufficient(let isHidden)): appendLiteral(isHidden ? "hidden" : "insufficient")
        case .refused(.tooManyFailures(let wait)): appendLiteral("wait \(wait)")
        case .refused(.undecided): appendLiteral("undecided")
        }
    }
}

/// A time that stands still until the test moves it.
final class TestTime: Sendable {
    private let start = ContinuousClock.now
    private let elapsed = Mutex(Duration.zero)

    func move(by duration: Duration) { elapsed.withLock { $0 += duration } }

    var clock: AccessClock {
        AccessClock(
            now: { self.start + self.elapsed.withLock(\.self) },
            secondsSince1970: { 1000 + self.elapsed.withLock { $0 / .seconds(1) } })
    }

    var now: ContinuousClock.Instant { clock.now() }
}

/// Tokens whose claims the test says.
final class FakeTokens: TokenVerifier {
    private let state = Mutex((claims: [String: Result<TokenClaims, TokenProblem>](), callCount: 0))
    /// Those who wait for their answers, while all are held back.
    private let gate = Mutex<(isHeld: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func hold() { gate.withLock { $0.isHeld = true } }

    func letGo() {
        let waiting = gate.withLock { gate in
            defer { gate = (false, []) }
            return gate.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let isHeld = gate.withLock { gate in
                if gate.isHeld { gate.waiting.append(continuation) }
                return gate.isHeld
            }
            if !isHeld { continuation.resume() }
        }
    }

    var callCount: Int { state.withLock { $0.callCount } }

    func set(_ token: String, expiry: Double? = nil, _ channels: [AccessPermission: [String]]) {
        var claims = TokenClaims()
        claims.expiry = expiry
        claims.channels = channels.mapValues { $0.compactMap { ChannelPattern($0) } }
        state.withLock { $0.claims[token] = .success(claims) }
    }

    func fail(_ token: String, _ problem: TokenProblem) { state.withLock { $0.claims[token] = .failure(problem) } }

    func claims(of token: String) async throws(TokenProblem) -> TokenClaims {
        let result = state.withLock { state in
            state.callCount += 1
            return state.claims[token] ?? .failure(TokenProblem("no key fits it"))
        }
        await pass()
        return try result.get()
    }
}

/// A hook whose answers the test says: `publish cam`, `publish` for all channels, or nothing else.
final class FakeHook: HookAsking {
    private let state = Mutex((known: [String: HookAnswer](), answers: [String: HookAnswer](), asked: [String]()))

    var asked: [String] { state.withLock { $0.asked } }

    func set(_ question: String, _ answer: HookAnswer, isKnown: Bool = false) {
        state.withLock { state in
            if isKnown { state.known[question] = answer } else { state.answers[question] = answer }
        }
    }

    private func text(_ question: AccessQuestion) -> String {
        ([question.permission.rawValue] + (question.channel.map { [$0.text] } ?? [])).joined(separator: " ")
    }

    func knownAnswer(to question: AccessQuestion) -> HookAnswer? { state.withLock { $0.known[text(question)] } }

    func answer(to question: AccessQuestion) async -> HookAnswer {
        state.withLock { state in
            state.asked.append(text(question))
            return state.answers[text(question)] ?? .credentialsWrong
        }
    }
}
