import Crypto
import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A client's opening handshake (RFC 6455, section 4.2.1).
enum WebSocketHandshake {
    private static let version = "13"

    /// What every server appends to the client's key (RFC 6455, section 1.3).
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The field of the answer that proves that the key was read.
    static func acceptance(of request: RampRequest) -> (name: String, value: String) {
        let key = request.field("Sec-WebSocket-Key") ?? ""
        let digest = Insecure.SHA1.hash(data: Data((key + suffix).utf8))
        return (name: "Sec-WebSocket-Accept", value: Data(digest).base64EncodedString())
    }

    /// - Returns: what is wrong with it; nil for nothing.
    static func problem(with request: RampRequest) -> RampResponse? {
        guard request.field("Sec-WebSocket-Version") == version else {
            return .problem(
                426, "this relay speaks version \(version) of WebSocket (RFC 6455)",
                fields: [(name: "Sec-WebSocket-Version", value: version), (name: "Upgrade", value: "websocket")])
        }
        guard let key = request.field("Sec-WebSocket-Key"), isKey(key) else {
            return .problem(400, "Sec-WebSocket-Key has 16 bytes as base64")
        }
        return nil
    }

    /// 16 bytes are 22 characters and two signs of padding.
    private static func isKey(_ text: String) -> Bool {
        text.utf8.count == 24 && text.hasSuffix("==")
            && text.utf8.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
                default: false
                }
            }
    }
}
