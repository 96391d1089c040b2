import NIOCore
import TrickleCore

extension RelayLane {
    /// Who answers the request.
    func exchange(for request: IncomingRequest, on connection: HTTP1Connection) -> any Exchange {
        do throws(RequestProblem) {
            if let problem = request.head.problem { throw problem }
            let route: RequestRoute
            let method: RelayRequest.Method
            do throws(RequestProblem) {
                (route, method) = try self.route(of: request.head)
                connection.use.add(ConnectionUse(method, route))
            } catch {
                connection.use.add(.reading)
                guard let ramps, let asked = RampRequest(request.head, basePath: configuration.basePath) else {
                    throw error
                }
                if request.head.method == .options {
                    return AnswerExchange(request) { () throws(RequestProblem) in
                        (.options(allow: RampRequest.methods), ByteBuffer())
                    }
                }
                return RampExchange(request, asked, ramps, otherwise: error)
            }
            return try exchange(for: request, method, route)
        } catch {
            return AnswerExchange(request, refusal: error)
        }
    }

    /// - Parameter rampFields: see ``ReadExchange/rampFields``.
    func exchange(
        for request: IncomingRequest, _ method: RelayRequest.Method, _ route: RequestRoute,
        rampFields: [HeaderField]? = nil
    ) throws(RequestProblem) -> any Exchange {
        switch (method, route) {
        case (.get, .segment(let name, let position)):
            return try ReadExchange(request, name, position, rampFields: rampFields)
        case (.post, .segment(let name, let position)):
            return try PublishExchange(request, name, position)
        default:
            let publisher = try request.head.publisher()
            return AnswerExchange(request) { () throws(RequestProblem) in
                do throws(RelayRefusal) {
                    var (head, body) = try self.answer(request.head, method, route, publisher: publisher)
                    if let rampFields { head.replace(with: rampFields) }
                    return (head, body)
                } catch {
                    throw RequestProblem(error)
                }
            }
        }
    }

    private func route(
        of request: RelayRequest
    ) throws(RequestProblem) -> (RequestRoute, RelayRequest.Method) {
        let route = try RequestRoute(target: request.target, basePath: configuration.basePath)
        if route.isInternal, request.method == .post || request.method == .delete {
            throw RequestProblem(.internalChannel)
        }
        guard let method = request.method, route.methods.contains(method) else {
            throw .methodNotAllowed(route.methods.map(\.rawValue).joined(separator: ", "))
        }
        return (route, method)
    }

    private func answer(
        _ request: RelayRequest, _ method: RelayRequest.Method, _ route: RequestRoute, publisher: String?
    ) throws(RelayRefusal) -> (ResponseHead, ByteBuffer) {
        switch (method, route) {
        case (.options, _):
            return (.options(allow: route.methods), ByteBuffer())
        case (.post, .channel(let name)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.createChannel(
                    name, contentType: request.contentType, publisher: request.pushesAside ? nil : publisher, now: now)
            }
        case (.delete, .channel(let name)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.closeChannel(name, publisher: publisher, now: now)
            }
        case (.delete, .segment(let name, let position)):
            try store.perform(on: self) { (store, now) throws(RelayRefusal) in
                try store.endSegment(name, at: position, now: now)
            }
        case (_, .next(let name)):
            let next = try store.perform(on: nil) { (store, _) throws(RelayRefusal) in try store.next(of: name) }
            return (
                .noStore("text/plain; charset=utf-8", [HeaderField(HeaderName.latest, next)]),
                ByteBuffer(string: next.description)
            )
        case (_, .channelList):
            let list = store.perform(on: nil) { store, _ in store.channelList }
            return (.noStore("application/json"), store.channelListing.body(of: list))
        case (.head, .segment(let name, let position)):
            let answer = try store.perform(on: nil) { (store, _) throws(RelayRefusal) in
                try store.read(name, at: position)
            }
            return (ResponseHead.answer(to: position, answer, incarnation: incarnation), ByteBuffer())
        default:
            preconditionFailure("the route does not allow the method")
        }
        return (ResponseHead(status: 200), ByteBuffer())
    }
}

extension RequestRoute {
    /// Whether it is one of the relay's own, which can only be read.
    var isInternal: Bool {
        switch self {
        case .segment(let name, _), .next(let name), .channel(let name): name.isInternal
        case .channelList: true
        case .server: false
        }
    }

    /// The methods that can be asked of it.
    var methods: [RelayRequest.Method] {
        switch self {
        case .segment: [.get, .head, .post, .delete, .options]
        case .channel: [.post, .delete, .options]
        case .next, .channelList: [.get, .head, .options]
        case .server: [.options]
        }
    }
}
