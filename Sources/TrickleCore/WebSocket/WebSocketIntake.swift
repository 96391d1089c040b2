/// What a client's frames come to (RFC 6455, section 5): which belong together, and which break a rule.
///
/// A message of several frames is handed on frame by frame.
public struct WebSocketIntake: Sendable {
    public enum Event: Equatable, Sendable {
        /// Bytes of a message.
        case data(isText: Bool, begins: Bool, ends: Bool)
        case ping
        case pong
        /// - Parameter ending: what the client says about it.
        case close(WebSocketEnding?)
    }

    private var message: (isText: Bool, text: UTF8Validation)?
    private var hasClosed = false

    public init() {}

    /// The next frame has come.
    ///
    /// - Parameters:
    ///   - kind: nil for an opcode that is not known.
    ///   - isReserved: whether one of the three bits is set that extensions have.
    /// - Returns: what it is; nil for what comes behind the client's close frame.
    /// - Throws: how the connection ends, if the frame breaks a rule.
    public mutating func take(
        _ kind: WebSocketFrameKind?, isFinal: Bool, isReserved: Bool, isMasked: Bool, payload: some Collection<UInt8>
    ) throws(WebSocketEnding) -> Event? {
        guard !hasClosed else { return nil }
        guard let kind else { throw .broken("a frame has an opcode that is not known") }
        guard !isReserved else { throw .broken("a frame uses an extension, and none was agreed on") }
        guard isMasked else { throw .broken("a client's frames are masked") }
        if kind.isControl {
            guard isFinal else { throw .broken("a control frame is not fragmented") }
            guard payload.count <= WebSocketEnding.maximumControlByteCount else {
                throw .broken("a control frame has at most \(WebSocketEnding.maximumControlByteCount) bytes")
            }
        }
        switch kind {
        case .ping: return .ping
        case .pong: return .pong
        case .close:
            hasClosed = true
            return .close(try WebSocketEnding(payload: payload))
        case .text, .binary:
            guard message == nil else { throw .broken("a message begins before the one before has ended") }
            message = (kind == .text, UTF8Validation())
            return try takeData(payload, begins: true, ends: isFinal)
        case .continuation:
            guard message != nil else { throw .broken("a continuation frame continues nothing") }
            return try takeData(payload, begins: false, ends: isFinal)
        }
    }

    private mutating func takeData(
        _ payload: some Collection<UInt8>, begins: Bool, ends: Bool
    ) throws(WebSocketEnding) -> Event {
        let isText = message!.isText
        if isText {
            guard message!.text.take(payload), !ends || message!.text.isAtBoundary else { throw .notUTF8 }
        }
        if ends { message = nil }
        return .data(isText: isText, begins: begins, ends: ends)
    }
}
