import NIOCore
import TrickleCore

/// A WebSocket client over a connection that is in the test's hand: it can break every rule.
public struct WebSocketClient {
    public enum Message: Equatable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// - Parameter code: nil for a close frame without one.
        case close(code: Int?, reason: String)
        /// The connection ended without a close frame.
        case end
    }

    public struct Refused: Error {
        /// The answer's head, and what came of its body.
        public var answer: String
    }

    private let connection: PlainClient

    /// - Throws: ``Refused`` for anything but 101 with the right proof.
    public init(_ connection: PlainClient, _ target: String, fields: [String] = []) async throws {
        self.connection = connection
        // The key and the proof of RFC 6455, section 1.3.
        let lines = [
            "GET \(target) HTTP/1.1", "Host: relay", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try await connection.send((lines + fields).joined(separator: "\r\n") + "\r\n\r\n")
        let head = try await connection.answer()
        guard head.hasPrefix("HTTP/1.1 101 "), head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") else {
            throw Refused(answer: head)
        }
    }

    // MARK: Sending

    public func send(text: String) async throws { try await send(1, Array(text.utf8)) }
    public func send(bytes: [UInt8]) async throws { try await send(2, bytes) }
    public func close(_ code: UInt16) async throws { try await send(8, [UInt8(code >> 8), UInt8(code & 255)]) }

    /// - Parameters:
    ///   - opcode: the first byte's lower half; whatever stands above it is sent as it is.
    public func send(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) async throws {
        try await connection.send(Self.frame(opcode, payload, isFinal: isFinal, isMasked: isMasked))
    }

    public static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true
    ) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(opcode | (isFinal ? 0x80 : 0))
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: frame.writeInteger(mask | UInt8(payload.count))
        case ...0xFFFF: frame.writeMultipleIntegers(mask | 126, UInt16(payload.count))
        default: frame.writeMultipleIntegers(mask | 127, UInt64(payload.count))
        }
        let key: [UInt8] = isMasked ? [0xA5, 1, 0xFF, 0x3C] : [0, 0, 0, 0]
        if isMasked { frame.writeBytes(key) }
        frame.writeBytes(payload.enumerated().map { $1 ^ key[$0 % 4] })
        return frame
    }

    /// Bytes as they are.
    public func send(raw bytes: ByteBuffer) async throws { try await connection.send(bytes) }

    // MARK: Receiving

    /// The next frame, which is a whole message: the relay fragments none. Its pings are answered on the way.
    public func next() async throws -> Message {
        while true {
            let message = try await frame()
            guard message == .ping([]) else { return message }
            try await send(10, [])
        }
    }

    private func frame() async throws -> Message {
        guard let start = try? await connection.read(count: 2), start.count == 2 else { return .end }
        var byteCount = Int(start[1])
        if byteCount >= 126 {
            byteCount = try await connection.read(count: byteCount == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let payload = byteCount > 0 ? try await connection.read(count: byteCount) : []
        guard payload.count == byteCount else { return .end }
        switch start[0] {
        case 0x81: return .text(String(decoding: payload, as: UTF8.self))
        case 0x82: return .binary(payload)
        case 0x89: return .ping(payload)
        case 0x8A: return .pong(payload)
        case 0x88:
            let code = payload.count < 2 ? nil : payload.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            return .close(code: code, reason: String(decoding: payload.dropFirst(2), as: UTF8.self))
        case let other: throw Refused(answer: "a frame begins with \(other)")
        }
    }
}

extension PlainClient {
    /// A WebSocket connection to a relay.
    public static func webSocket<Result>(
        _ relay: Int, _ target: String, fields: [String] = [], receiveBuffer: Int? = nil,
        _ body: (WebSocketClient) async throws -> Result
    ) async throws -> Result {
        try await with(port: relay, receiveBuffer: receiveBuffer) { connection in
            try await body(WebSocketClient(connection, target, fields: fields))
        }
    }
}
