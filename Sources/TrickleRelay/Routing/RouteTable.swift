import TrickleCore

/// What a path and a method mean: the protocol's own routes (docs/protocol.md, URL-1 to URL-9), and behind them those of the ramps.
struct RouteTable {
    typealias Row = (method: RequestMethod, action: RelayAction)

    // MARK: The protocol's rows

    /// `/NAME/SEQ`
    private static let segment: [Row] = [
        (.get, .read), (.head, .read), (.post, .publish), (.delete, .endSegment), (.options, .describe),
    ]
    /// `/NAME/next`
    private static let next: [Row] = [(.get, .read), (.head, .read), (.options, .describe)]
    /// `/NAME`
    private static let channel: [Row] = [(.post, .create), (.delete, .close), (.options, .describe)]
    /// `/_channels`
    private static let channelList: [Row] = [(.get, .list), (.head, .list), (.options, .describe)]
    /// `*`
    private static let server: [Row] = [(.options, .describe)]

    static func rows(of resource: RequestRoute) -> [Row] {
        switch resource {
        case .segment: segment
        case .next: next
        case .channel: channel
        case .channelList: channelList
        case .server: server
        }
    }

    // MARK: The ramps' rows

    private let basePath: BasePath
    private let ramps: [RampRoute]
    /// Whether the protocol's rows count; other servers have only the rows that they are given.
    private let hasProtocol: Bool

    init(basePath: BasePath, ramps: [RampRoute] = [], hasProtocol: Bool = true) {
        self.basePath = basePath
        self.ramps = ramps
        self.hasProtocol = hasProtocol
    }

    // MARK: Looking up

    /// Whether the target is below the base path.
    func covers(_ target: String) -> Bool {
        guard let path = try? RequestRoute.path(of: target) else { return false }
        return basePath.parts(below: path) != nil
    }

    /// - Throws: ``RequestProblem`` for a path that is nobody's.
    func route(of request: RelayRequest) throws(RequestProblem) -> Route {
        do throws(RequestProblem) {
            guard hasProtocol else {
                let isReadable = RampTarget(request.target, basePath: basePath) != nil
                throw isReadable ? .notFound("nothing is here") : .badRequest("the path cannot be read")
            }
            // Who asks for another protocol means the ramp that speaks it.
            if let ramp = rampRoute(of: request, switching: true) { return ramp }
            let route = Route(try RequestRoute(target: request.target, basePath: basePath), request.method)
            // What the protocol has no meaning for may be a ramp's.
            if case .unknown = route.action, let ramp = rampRoute(of: request) { return ramp }
            return route
        } catch {
            if let ramp = rampRoute(of: request) { return ramp }
            if !hasProtocol, let allowed = rampMethods(of: request) { throw .methodNotAllowed(allowed) }
            throw error
        }
    }

    /// The methods of the first ramp that has the path; nil where none has.
    private func rampMethods(of request: RelayRequest) -> String? {
        guard let target = RampTarget(request.target, basePath: basePath) else { return nil }
        let ramp = ramps.first { $0.pattern.match(target.path) != nil && $0.isAccepted(by: request) }
        return ramp?.methods.map(\.rawValue).joined(separator: ", ")
    }

    /// - Parameter switching: whether only such ramps count that speak the protocol which the request asks for in `Upgrade`.
    private func rampRoute(of request: RelayRequest, switching: Bool = false) -> Route? {
        guard !ramps.isEmpty, !switching || request.asksForUpgrade, let method = request.method,
            let target = RampTarget(request.target, basePath: basePath)
        else { return nil }
        var described: [RequestMethod] = []
        for ramp in ramps where !switching || ramp.upgrade.map(request.asks) == true {
            guard let match = ramp.pattern.match(target.path) else { continue }
            if method == .options, !ramp.methods.contains(.options) {
                described += ramp.methods.filter { !described.contains($0) }
            } else if ramp.methods.contains(method), ramp.isAccepted(by: request) {
                return Route(ramp, RampRequest(request, method, target, match))
            }
        }
        return described.isEmpty ? nil : Route(action: .describe, destination: .description(described + [.options]))
    }
}

/// What a request comes to.
struct Route {
    enum Destination {
        case resource(RequestRoute)
        indirect case ramp(RampRoute, RampRequest)
        /// The methods that ramps have there.
        case description([RequestMethod])
    }

    let action: RelayAction
    let destination: Destination

    init(action: RelayAction, destination: Destination) {
        self.action = action
        self.destination = destination
    }

    init(_ resource: RequestRoute, _ method: RequestMethod?) {
        let row = RouteTable.rows(of: resource).first { $0.method == method }
        self.init(action: row?.action ?? .unknown(method), destination: .resource(resource))
    }

    fileprivate init(_ ramp: RampRoute, _ request: RampRequest) {
        self.init(action: ramp.action(request), destination: .ramp(ramp, request))
    }

    /// The channel that it is about; nil for none, or for more than one.
    var channel: ChannelName? {
        switch destination {
        case .resource(.segment(let name, _)), .resource(.next(let name)), .resource(.channel(let name)): name
        case .resource(.channelList): .channelList
        case .ramp(_, let request): request.channel
        case .resource(.server), .description: nil
        }
    }
}
