/// What a frame of a WebSocket connection is (RFC 6455, section 11.8).
public enum WebSocketFrameKind: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Whether it is about the connection, and may come between a message's frames.
    public var isControl: Bool { rawValue >= 8 }
}
