import NIOCore
import TrickleCore

/// Frames as a server sends them: whole, and without a mask (RFC 6455, section 5.2).
enum WebSocketFrames {
    /// What comes before the payload.
    static func header(_ kind: WebSocketFrameKind, byteCount: Int) -> ByteBuffer {
        var header = ByteBuffer()
        header.reserveCapacity(10)
        header.writeInteger(0x80 | kind.rawValue)
        switch byteCount {
        case ...125: header.writeInteger(UInt8(byteCount))
        case ...0xFFFF: header.writeMultipleIntegers(UInt8(126), UInt16(byteCount))
        default: header.writeMultipleIntegers(UInt8(127), UInt64(byteCount))
        }
        return header
    }

    static func whole(_ kind: WebSocketFrameKind, _ payload: some Collection<UInt8>) -> ByteBuffer {
        var frame = header(kind, byteCount: payload.count)
        frame.writeBytes(payload)
        return frame
    }
}
