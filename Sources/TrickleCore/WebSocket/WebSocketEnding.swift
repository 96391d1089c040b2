/// Why a WebSocket connection ends, as its close frame says it (RFC 6455, section 7.4).
public struct WebSocketEnding: Error, Equatable, Sendable {
    public var code: UInt16
    /// At most 123 bytes of UTF-8.
    public var reason: String

    public init(_ code: UInt16, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The most bytes that a control frame has (RFC 6455, section 5.5).
    public static let maximumControlByteCount = 125

    public static func broken(_ rule: String) -> WebSocketEnding { WebSocketEnding(1002, rule) }
    static let notUTF8 = WebSocketEnding(1007, "a text message is not UTF-8")

    /// What a close frame of the client's says; nil where it says nothing.
    ///
    /// - Throws: what is to be answered where the frame breaks the rules of section 5.5.1.
    public init?(payload: some Collection<UInt8>) throws(WebSocketEnding) {
        guard !payload.isEmpty else { return nil }
        guard payload.count >= 2 else { throw .broken("a close frame has a code of two bytes, or nothing") }
        let code = payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
        guard Self.mayBeSent(code) else { throw .broken("the code \(code) is not for close frames") }
        guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else { throw .notUTF8 }
        self.init(code, reason)
    }

    /// Codes that the protocol, registered ones, and applications have (RFC 6455, section 7.4.2).
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The close frame's bytes, with as much of the reason as fits.
    public var payload: [UInt8] {
        var end = reason.endIndex
        while reason[..<end].utf8.count > Self.maximumControlByteCount - 2 { end = reason.index(before: end) }
        return [UInt8(code >> 8), UInt8(code & 255)] + reason[..<end].utf8
    }
}
