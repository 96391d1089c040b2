import TrickleCore
import TrickleRelay

/// Segments as WebSocket messages, both ways: `GET /NAME/ws` and `GET /ws/NAME`.
struct FrameRamp: Ramp {
    let relay: RelayServer

    var routes: [RampRoute] {
        let patterns: [PathPattern] = ["/ws/{channel}", "/{channel}/ws"]
        return patterns.map { pattern in
            RampRoute(
                pattern, methods: [.get], action: { FrameQuery.publishes($0.query) ? .publish : .read },
                upgrade: "websocket"
            ) { request in answer(request) }
        }
    }

    private func answer(_ request: RampRequest) -> RampResponse {
        guard let channel = request.channel else { preconditionFailure("the route has a channel") }
        do throws(FrameQuery.Mistake) {
            let asked = try FrameQuery(request.query)
            if let problem = WebSocketHandshake.problem(with: request) { return problem }
            let fields = [WebSocketHandshake.acceptance(of: request)]
            guard asked.publishes else {
                return RampResponse(
                    fields: fields,
                    .protocolSwitch(relay.webSocket(viewing: channel, asked.viewing, for: request.client)))
            }
            return publish(to: channel, asked, request, fields)
        } catch {
            return .problem(400, error.line)
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
