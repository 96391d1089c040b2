/// One rule of docs/protocol.md, and how a relay is seen to keep it.
public struct ConformanceCase: Sendable {
    /// The rule's name, such as `GET-3`.
    public let rule: String
    /// The rule in a few words.
    public let title: String
    /// The feature without which the rule does not bind.
    let feature: String?
    /// Why the case means nothing in HTTP/2; nil where it does.
    let onlyInHTTP1: String?
    /// How long the case has to wait for the relay's clock.
    let wait: @Sendable (ConformanceSettings) -> Duration
    /// Why the rule cannot be looked at from outside; nil where it can.
    let unseen: String?
    let body: @Sendable (ConformanceSession) throws -> Void

    /// Whether an exchange can show the rule broken.
    public var isSeen: Bool { unseen == nil }
    /// Whether the case is for HTTP/1 alone.
    public var isOnlyInHTTP1: Bool { onlyInHTTP1 != nil }

    /// How long it waits for the clock of a relay that was told that.
    public func waitingTime(_ settings: ConformanceSettings) -> Duration { wait(settings) }

    init(
        _ rule: String, _ title: String, feature: String? = nil, onlyInHTTP1: String? = nil,
        wait: @escaping @Sendable (ConformanceSettings) -> Duration = { _ in .zero },
        body: @escaping @Sendable (ConformanceSession) throws -> Void
    ) {
        self.rule = rule
        self.title = title
        self.feature = feature
        self.onlyInHTTP1 = onlyInHTTP1
        self.wait = wait
        self.body = body
        unseen = nil
    }

    /// A rule that no exchange can show broken.
    init(_ rule: String, _ title: String, unseen reason: String) {
        self.rule = rule
        self.title = title
        unseen = reason
        feature = nil
        onlyInHTTP1 = nil
        wait = { _ in .zero }
        body = { _ in }
    }
}
