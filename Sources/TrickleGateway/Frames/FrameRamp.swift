import TrickleCore
import TrickleRelay

/// Segments as WebSocket messages, both ways: `GET /NAME/ws` and `GET /ws/NAME`.
struct FrameRamp: Ramp {
    let relay: RelayServer
    let conversions: LiveConversions<FrameProduct>

    var routes: [RampRoute] {
        let patterns: [PathPattern] = ["/ws/{channel}", "/{channel}/ws"]
        return patterns.map { pattern in
            RampRoute(
                pattern, methods: [.get], action: { FrameQuery.publishes($0.query) ? .publish : .read },
                upgrade: "websocket"
            ) { request in await answer(request) }
        }
    }

    private func answer(_ request: RampRequest) async -> RampResponse {
        guard let channel = request.channel else { preconditionFailure("the route has a channel") }
        do throws(FrameQuery.Mistake) {
            let asked = try FrameQuery(request.query)
            if let problem = WebSocketHandshake.problem(with: request) { return problem }
            let fields = [WebSocketHandshake.acceptance(of: request)]
            if asked.publishes { return publish(to: channel, asked, request, fields) }
            if let product = asked.product { return await convert(channel, to: product, asked, request, fields) }
            let other = relay.webSocket(viewing: channel, asked.viewing, for: request.client)
            return RampResponse(fields: fields, .protocolSwitch(other))
        } catch {
            return .problem(400, error.line)
        }
    }

    private func convert(
        _ channel: ChannelName, to product: FrameProduct, _ asked: FrameQuery, _ request: RampRequest,
        _ fields: [(name: String, value: String)]
    ) async -> RampResponse {
        guard relay.window(of: channel) != nil else { return .problem(404, "Stream not found") }
        do {
            let watching = try await conversions.watch(product, of: channel)
            let other = relay.webSocket(
                viewing: watching.derived, asked.viewing, for: request.client, holding: watching.viewer)
            return RampResponse(fields: fields, .protocolSwitch(other))
        } catch {
            return .unconverted(channel, to: product, error)
        }
    }

    private func publish(
        to channel: ChannelName, _ asked: FrameQuery, _ request: RampRequest, _ fields: [(name: String, value: String)]
    ) -> RampResponse {
        do {
            let publisher = try relay.publisher(of: channel, for: request.client, contentType: asked.contentType)
            let other = relay.webSocket(
                publishingTo: publisher, acknowledges: asked.acknowledges, for: request.client)
            return RampResponse(fields: fields, .protocolSwitch(other))
        } catch let error as TrickleError {
            return .problem(error.status ?? 503, error.message)
        } catch {
            return .problem(503, "\(error)")
        }
    }
}
