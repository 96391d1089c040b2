import NIOCore
import TrickleCore

extension RelayLane {
    /// Who answers the request.
    ///
    /// - Parameter use: what the connection is used for, to which the request adds.
    func exchange(for request: IncomingRequest, addingTo use: inout ConnectionUse) -> any Exchange {
        do throws(RequestProblem) {
            if let problem = request.head.problem { throw problem }
            let route: Route
            do throws(RequestProblem) { route = try routes.route(of: request.head) } catch {
                use.add(.reading)
                throw error
            }
            use.add(ConnectionUse(route, request.head.method))
            if let problem = refusal(of: route.action, on: route.channel, by: request.client) { throw problem }
            return try run(route, request)
        } catch {
            return AnswerExchange(request, refusal: error)
        }
    }

    /// Why something is not to be done; nil where it may be. The one place where access is decided, for the protocol and all ramps.
    ///
    /// - Parameters:
    ///   - channel: nil where it is about none, or about more than one.
    ///   - client: who asks.
    func refusal(of action: RelayAction, on channel: ChannelName?, by client: ClientIdentity) -> RequestProblem? {
        guard action.changesChannel, let channel, channel.isInternal else { return nil }
        logger.debug("the channel \(channel) can only be read", metadata: client.logMetadata)
        return RequestProblem(.internalChannel)
    }

    private func run(_ route: Route, _ request: IncomingRequest) throws(RequestProblem) -> any Exchange {
        switch route.destination {
        case .resource(let resource):
            let rows = RouteTable.rows(of: resource)
            guard rows.contains(where: { $0.method == request.head.method }) else {
                throw .methodNotAllowed(rows.map(\.method.rawValue).joined(separator: ", "))
            }
            return try exchange(for: request, route.action, resource)
        case .ramp(let ramp, let asked):
            if let name = ramp.upgrade, !request.head.asks(for: name) { throw .upgradeRequired(name) }
            return RampExchange(request, asked, ramp)
        case .description(let methods):
            return AnswerExchange(request) { () throws(RequestProblem) in
                (.options(allow: methods, readable: methods), ByteBuffer())
            }
        }
    }

    /// - Parameter rampFields: see ``ReadExchange/rampFields``.
    func exchange(
        for request: IncomingRequest, _ action: RelayAction, _ resource: RequestRoute, rampFields: [HeaderField]? = nil
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
                    var (head, body) = try self.answer(request.head, action, resource, publisher: publisher)
                    if let rampFields { head.replace(with: rampFields) }
                    return (head, body)
                } catch {
                    throw RequestProblem(error)
                }
            }
        }
    }

    private func answer(
        _ request: RelayRequest, _ action: RelayAction, _ resource: RequestRoute, publisher: String?
    ) throws(RelayRefusal) -> (ResponseHead, ByteBuffer) {
        switch (action, resource) {
        case (.describe, _):
            return (.options(allow: RouteTable.rows(of: resource).map(\.method)), ByteBuffer())
        case (.create, .channel(let name)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.createChannel(
                    name, contentType: request.contentType, publisher: request.pushesAside ? nil : publisher, now: now)
            }
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
            return (.noStore("application/json"), store.channelListing.body(of: list))
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
}
