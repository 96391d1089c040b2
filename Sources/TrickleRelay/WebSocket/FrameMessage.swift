import NIOCore
import TrickleCore

/// A whole segment as one message: its frame's header is made once, and its bytes are those that all readers share.
struct FrameMessage {
    let number: SequenceNumber
    let byteCount: Int
    /// When its first byte came, in milliseconds since 1970.
    let at: Int
    /// Whether the channel's type says so.
    let isText: Bool
    private let header: ByteBuffer
    private let payload: [ByteBuffer]

    /// - Parameters:
    ///   - segment: is complete.
    ///   - now: the store's time.
    init(_ segment: LaneSegment, now: Duration) {
        number = segment.number
        byteCount = segment.byteCount
        payload = segment.pieces.map(\.payload)
        at = Int((.sinceEpoch - (now - segment.beganAt)) / .milliseconds(1))
        isText = segment.contentType.map(Self.isText) == true
        header = WebSocketFrames.header(isText && Self.isUTF8(payload) ? .text : .binary, byteCount: byteCount)
    }

    /// As it goes over the wire.
    var frames: [ByteBuffer] { [header] + payload }
    var wireByteCount: Int { header.readableBytes + byteCount }

    /// What is sent before it to those who ask for that.
    ///
    /// - Parameter skipped: segments that the viewer has not been sent.
    func description(skipped: Int) -> String {
        #"{"seq":\#(number),"size":\#(byteCount),"at":\#(at),"skipped":\#(skipped)}"#
    }

    private static func isText(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
            || type == "application/x-ndjson"
    }

    /// A browser breaks off for a text message that is not.
    private static func isUTF8(_ payload: [ByteBuffer]) -> Bool {
        var validation = UTF8Validation()
        for bytes in payload where !validation.take(bytes.readableBytesView) { return false }
        return validation.isAtBoundary
    }
}
