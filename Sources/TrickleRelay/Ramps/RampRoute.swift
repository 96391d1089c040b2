import TrickleCore

/// What a ramp answers: one row of the relay's table of routes.
public struct RampRoute: Sendable {
    public var pattern: PathPattern
    /// `OPTIONS` is answered by the relay, unless it is among them.
    public var methods: [RequestMethod]
    /// What access is decided by, together with the pattern's channel and the client.
    public var action: @Sendable (RampRequest) -> RelayAction
    /// What the client has to say in `Accept`; others get what the protocol has there.
    public var accept: String?
    /// What becomes of the request's body.
    public var body: RampBody
    /// The protocol that the client has to ask for in `Upgrade`; without it it gets 426.
    public var upgrade: String?
    /// Runs in a task that is cancelled when the client leaves; where the body is streamed, the body's end or error says so instead.
    public var answer: @Sendable (RampRequest) async -> RampResponse

    /// - Parameter action: where it depends on the request.
    public init(
        _ pattern: PathPattern, methods: [RequestMethod] = [.get, .head],
        action: @escaping @Sendable (RampRequest) -> RelayAction,
        accept: String? = nil, body: RampBody = .thrownAway, upgrade: String? = nil,
        answer: @escaping @Sendable (RampRequest) async -> RampResponse
    ) {
        self.pattern = pattern
        self.methods = methods
        self.action = action
        self.accept = accept
        self.body = body
        self.upgrade = upgrade
        self.answer = answer
    }

    public init(
        _ pattern: PathPattern, methods: [RequestMethod] = [.get, .head], action: RelayAction = .read,
        accept: String? = nil, body: RampBody = .thrownAway, upgrade: String? = nil,
        answer: @escaping @Sendable (RampRequest) async -> RampResponse
    ) {
        self.init(
            pattern, methods: methods, action: { _ in action }, accept: accept, body: body, upgrade: upgrade,
            answer: answer)
    }

    /// A row for GET and HEAD of what is made of a channel.
    ///
    /// - Parameter pattern: has a `{channel}`.
    public static func channel(
        _ pattern: PathPattern, answer: @escaping @Sendable (ChannelName, RampRequest) async -> RampResponse
    ) -> RampRoute {
        precondition(pattern.hasChannel, "the pattern has no {channel}")
        return RampRoute(pattern) { request in await answer(request.channel!, request) }
    }

    func isAccepted(by request: RelayRequest) -> Bool {
        accept.map { request.field("Accept")?.contains($0) == true } ?? true
    }
}

/// What becomes of the body of a request for a ramp.
public enum RampBody: Sendable {
    case thrownAway
    /// It is there whole, as ``RampRequest/body``; one of more bytes gets 413.
    case collected(atMost: Int)
    /// It comes while the answer is made, as ``RampRequest/stream``. A request without a body gets 411.
    case streamed
}
