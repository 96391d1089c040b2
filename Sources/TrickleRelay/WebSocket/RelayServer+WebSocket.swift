import NIOCore
import NIOWebSocket
import TrickleCore

/// WebSocket (RFC 6455) as ramps offer it, on HTTP/1.1 connections.
extension RelayServer {
    /// Sends a channel's segments as messages.
    ///
    /// - Parameter viewer: held for as long as the connection is there.
    public func webSocket(
        viewing channel: ChannelName, _ asked: FrameViewing, for client: ClientIdentity,
        holding viewer: (any AnyObject & Sendable)? = nil
    ) -> ProtocolSwitch {
        webSocket(for: client) { lane in
            FrameViewer(asked, of: channel, for: client.household, holding: viewer, on: lane)
        }
    }

    /// Makes each message a segment.
    ///
    /// - Parameter acknowledges: whether a text message answers each.
    public func webSocket(
        publishingTo publisher: LocalPublisher, acknowledges: Bool, for client: ClientIdentity
    ) -> ProtocolSwitch {
        webSocket(for: client) { lane in
            FramePublisher(publisher, acknowledges: acknowledges, for: client.household, on: lane)
        }
    }

    private func webSocket(
        for client: ClientIdentity, _ role: @escaping @Sendable (RelayLane) -> any WebSocketRole
    ) -> ProtocolSwitch {
        ProtocolSwitch(webSocketFor: client.household, maximumFrameByteCount: limits.webSocketFrameByteCount, role)
    }
}

extension RelayLimits {
    /// The most that a client's frame has: it is taken up whole. A message of several frames may be as large as a segment.
    var webSocketFrameByteCount: Int { min(segmentByteCount, memoryByteCount / 8) }
}

extension ProtocolSwitch {
    /// - Parameter role: what the connection is for.
    init(
        webSocketFor client: ClientAddress, maximumFrameByteCount: Int,
        _ role: @escaping @Sendable (RelayLane) -> any WebSocketRole
    ) {
        self.init(to: "websocket") { channel, lane in
            let connection = WebSocketConnection(role(lane))
            try channel.pipeline.syncOperations.addHandlers([
                WebSocketGate(lane, client: client, before: connection),
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: maximumFrameByteCount)),
                connection,
            ])
        }
    }
}
