import NIOCore
import TrickleCore

extension RelayLane {
    /// Who answers the request.
    ///
    /// - Parameter use: what the connection is used for, to which the request adds.
    func exchange(for request: IncomingRequest, addingTo use: inout ConnectionUse) -> any Exchange {
        counts.requests[request.client.protocolVersion, default: 0] += 1
        clients.count(request.client)
        do throws(RequestProblem) {
            if let problem = request.head.problem { throw problem }
            let route: Route
            do throws(RequestProblem) { route = try routes.route(of: request.head) } catch {
                use.add(.reading)
                throw error
            }
            use.add(ConnectionUse(route, request.head.method))
            return try askWhether(route, request)
        } catch {
            request.writer.terms = terms(of: nil, for: request.head)
            return AnswerExchange(request, refusal: error)
        }
    }

    // MARK: Access

    /// Has it decided whether the request may be done: the one place for that, for the protocol, all ramps and all their protocols.
    private func askWhether(_ route: Route, _ request: IncomingRequest) throws(RequestProblem) -> any Exchange {
        if let problem = configuration.browsers.problem(with: request.head, route.action, isOnLoopback: isOnLoopback) {
            throw problem
        }
        guard let policy, let question = question(about: request.client, route) else {
            return try run(route, request, admit(request, .allowed(.forAnybody)))
        }
        if let decision = policy.knownDecision(on: question) {
            return try run(route, request, admit(request, decision))
        }
        return AccessExchange(request, question, policy) { (grant) throws(RequestProblem) in
            try self.run(route, request, grant)
        }
    }

    /// What decides at the moment; nil where everybody may do everything.
    private var policy: (any AccessPolicy)? { configuration.access.flatMap { $0.isOpen ? nil : $0 } }

    /// - Returns: nil for what nobody has to be let in for.
    private func question(about client: ClientIdentity, _ route: Route) -> AccessQuestion? {
        // A browser asks without credentials what it may ask for.
        if route.action == .describe { return nil }
        return AccessQuestion(action: route.action, channel: route.channel, client: client)
    }

    /// What has to be asked again about a request under way, when rules have changed; nil for nothing.
    func renewal(of client: ClientIdentity, _ ending: @escaping AccessRenewal.Ending) -> AccessRenewal? {
        guard let policy = configuration.access, let route = try? routes.route(of: client.head),
            var question = question(about: client, route)
        else { return nil }
        question.isAskedAgain = true
        return AccessRenewal(question, policy, eventLoop, ending)
    }

    /// Lets a request in, or not, and has its answer say for whom it is.
    func admit(_ request: IncomingRequest, _ decision: AccessDecision) throws(RequestProblem) -> AccessGrant {
        switch decision {
        case .allowed(let grant):
            request.writer.terms = terms(of: grant, for: request.head)
            return grant
        case .refused(let refusal):
            request.writer.terms = terms(of: nil, for: request.head)
            throw RequestProblem(refusal, for: request.head)
        }
    }

    /// - Parameter grant: nil where the request is refused.
    func terms(of grant: AccessGrant?, for request: RelayRequest) -> AnswerTerms? {
        let isForAnybody = policy == nil || grant?.isForAnybody == true
        let readers = configuration.browsers.readers(of: request, isForAnybody: isForAnybody)
        return AnswerTerms.of(grant ?? .forAnybody, readers)
    }

    // MARK: Running

    private func run(
        _ route: Route, _ request: IncomingRequest, _ grant: AccessGrant
    ) throws(RequestProblem) -> any Exchange {
        if route.action.changesChannel, let channel = route.channel, channel.isInternal {
            logger.debug("the channel \(channel) can only be read", metadata: request.client.logMetadata)
            throw RequestProblem(.internalChannel)
        }
        switch route.destination {
        case .resource(let resource):
            let rows = RouteTable.rows(of: resource)
            guard rows.contains(where: { $0.method == request.head.method }) else {
                throw .methodNotAllowed(rows.map(\.method.rawValue).joined(separator: ", "))
            }
            return try exchange(for: request, route.action, resource, listing: grant.listed)
        case .ramp(let ramp, let asked):
            if let name = ramp.upgrade {
                guard request.head.asks(for: name) else { throw .upgradeRequired(name) }
                let isForAnybody = policy == nil || grant.isForAnybody
                if !isForAnybody,
                    let problem = configuration.browsers.problem(withUpgrade: request.head, request.client.credentials)
                {
                    throw problem
                }
            }
            return RampExchange(request, asked, ramp, grant)
        case .description(let methods):
            return AnswerExchange(request) { () throws(RequestProblem) in
                (self.options(methods, readable: methods, for: request), ByteBuffer())
            }
        }
    }

    /// - Parameters:
    ///   - rampFields: see ``ReadExchange/rampFields``.
    ///   - listed: the channels that a list has; nil for all.
    func exchange(
        for request: IncomingRequest, _ action: RelayAction, _ resource: RequestRoute, rampFields: [HeaderField]? = nil,
        listing listed: [ChannelPattern]? = nil
    ) throws(RequestProblem) -> any Exchange {
        switch (action, resource) {
        case (.read, .segment(let name, let position)) where request.head.method != .head:
            return try ReadExchange(request, name, position, rampFields: rampFields)
        case (.publish, .segment(let name, let position)):
            return try PublishExchange(request, name, position)
        default:
            let publisher = try request.head.publisher()
            return AnswerExchange(request) { () throws(RequestProblem) in
                do throws(RelayRefusal) {
                    var (head, body) = try self.answer(request, action, resource, publisher: publisher, listed)
                    if let rampFields { head.replace(with: rampFields) }
                    return (head, body)
                } catch {
                    throw RequestProblem(error)
                }
            }
        }
    }

    private func answer(
        _ incoming: IncomingRequest, _ action: RelayAction, _ resource: RequestRoute, publisher: String?,
        _ listed: [ChannelPattern]?
    ) throws(RelayRefusal) -> (ResponseHead, ByteBuffer) {
        let request = incoming.head
        switch (action, resource) {
        case (.describe, _):
            let methods = RouteTable.rows(of: resource).map(\.method)
            return (options(methods, readable: [.get, .head, .options], for: incoming), ByteBuffer())
        case (.create, .channel(let name)):
            let next = try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.createChannel(
                    name, contentType: request.contentType, publisher: request.pushesAside ? nil : publisher, now: now)
                return try store.next(of: name)
            }
            return (ResponseHead(status: 200, [HeaderField(HeaderName.latest, next)]), ByteBuffer())
        case (.close, .channel(let name)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.closeChannel(name, publisher: publisher, now: now)
            }
        case (.endSegment, .segment(let name, let position)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.endSegment(name, at: position, now: now)
            }
        case (.read, .next(let name)):
            let next = try store.perform(on: nil) { (store, _) throws(RelayRefusal) in try store.next(of: name) }
            return (
                .noStore("text/plain; charset=utf-8", [HeaderField(HeaderName.latest, next)]),
                ByteBuffer(string: next.description)
            )
        case (.list, .channelList):
            let list = store.perform(on: nil) { store, _ in store.channelList }
            guard let listed else { return (.noStore("application/json"), store.channelListing.body(of: list)) }
            return (.noStore("application/json"), ChannelListing.write(list.only(listed)))
        case (.read, .segment(let name, let position)):
            let answer = try store.perform(on: nil) { (store, _) throws(RelayRefusal) in
                try store.read(name, at: position)
            }
            return (ResponseHead.answer(to: position, answer, incarnation: incarnation), ByteBuffer())
        default:
            preconditionFailure("the resource does not have the action")
        }
        return (ResponseHead(status: 200), ByteBuffer())
    }

    /// - Parameter readable: what pages of other origins may do.
    private func options(
        _ methods: [RequestMethod], readable: [RequestMethod], for request: IncomingRequest
    ) -> ResponseHead {
        let isTrusted = configuration.browsers.trusts(request.head.origin)
        return .options(
            allow: methods, readable: isTrusted ? methods : readable,
            fields: isTrusted ? request.head.fieldsOfPreflight : nil)
    }
}
