/// What web pages may do, whoever visits them: a browser tells in `Origin` from where a page comes that has it ask for something.
public struct BrowserRules: Sendable {
    /// Pages of other origins that may do all that their visitor may.
    public var origins: Set<WebOrigin> = []
    /// Whether pages of all origins may.
    public var allowsAllOrigins = false
    /// Names, in small letters and without a port, under which the relay is known besides those of the loopback.
    public var hosts: Set<String> = []

    public init() {}

    /// Why a page may not do it; nil where it may, and for what no page asks.
    ///
    /// - Parameter isOnLoopback: Whether only this machine reaches the relay. A page that has its own name lead here (DNS rebinding) shows
    ///   by that name.
    func problem(with request: RelayRequest, _ action: RelayAction, isOnLoopback: Bool) -> RequestProblem? {
        guard action.changesChannel, let text = request.origin, !trusts(text) else { return nil }
        guard let host = Self.ownHost(text, of: request) else { return Self.foreign }
        let isKnown =
            !isOnLoopback || host.isLoopback || hosts.contains(host.host) || origins.contains { $0.authority == host }
        return isKnown ? nil : Self.rebound
    }

    /// Why a page may not read by another protocol, where CORS does not hold: its visitor's address, and what the browser sends along by
    /// itself, let in only the relay's own pages.
    ///
    /// - Parameter credentials: what the client presents. It is let in by more than what anybody may do.
    func problem(withUpgrade request: RelayRequest, _ credentials: ClientCredentials?) -> RequestProblem? {
        switch credentials {
        // The page has it from somebody.
        case .token, .bearer: return nil
        case .cookie, .basic, nil: break
        }
        guard let text = request.origin, !trusts(text) else { return nil }
        return Self.ownHost(text, of: request) == nil ? Self.foreign : nil
    }

    /// The host that is asked, if the page comes from there; nil for a page of another origin.
    private static func ownHost(_ origin: String, of request: RelayRequest) -> WebAuthority? {
        guard let origin = WebOrigin(origin),
            let host = request.field("Host").flatMap({ WebAuthority($0, scheme: origin.scheme) })
        else { return nil }
        return host == origin.authority ? host : nil
    }

    /// Whether pages of that origin may do all that their visitor may.
    func trusts(_ origin: String?) -> Bool {
        guard let origin else { return false }
        return allowsAllOrigins || WebOrigin(origin).map(origins.contains) ?? false
    }

    /// Which pages may read the answer.
    ///
    /// - Parameter isForAnybody: Whether it is what anybody gets, whatever is presented.
    func readers(of request: RelayRequest, isForAnybody: Bool) -> PageReaders {
        if allowsAllOrigins || isForAnybody && origins.isEmpty { return .allOrigins }
        if let origin = request.origin, trusts(origin) { return .origin(origin) }
        return isForAnybody ? .allOrigins : .sameOrigin
    }

    private static let foreign = RequestProblem(
        status: 403, reason: "a web page of another origin may not do this; --allow-origin lets one", label: "origin")
    private static let rebound = RequestProblem(
        status: 403, reason: "this relay is not known by the name in Host; --allow-host makes it known", label: "host")
}

/// Pages of which origins may read an answer (the Fetch standard's CORS protocol).
enum PageReaders: Equatable {
    case allOrigins
    /// Those of the relay's own.
    case sameOrigin
    /// Of this one, as `Origin` has it, also with credentials.
    case origin(String)
}
