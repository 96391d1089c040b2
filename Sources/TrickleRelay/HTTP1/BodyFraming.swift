import NIOCore
import TrickleCore

/// How HTTP/1 shows where an answer's body ends (RFC 9112, sections 6.3 and 7.1).
enum BodyFraming {
    case chunked
    case counted
    /// By the connection's end, for HTTP/1.0.
    case untilClose

    init(_ body: ResponseBody, isHTTP10: Bool) {
        switch body {
        case .counted: self = .counted
        case .trickling, .endless: self = isHTTP10 ? .untilClose : .chunked
        }
    }

    /// A piece as the body has it.
    func bytes(of piece: EncodedPiece) -> ByteBuffer {
        switch self {
        case .chunked: piece.chunk
        case .counted, .untilClose: piece.payload
        }
    }

    /// Other bytes as the body has them; not empty.
    func bytes(of payload: ByteBuffer) -> ByteBuffer {
        switch self {
        case .chunked: EncodedPiece(payload: payload.readableBytesView).chunk
        case .counted, .untilClose: payload
        }
    }

    /// What follows the body's last byte; nil for nothing.
    func end(_ trailers: [HeaderField]) -> ByteBuffer? {
        switch self {
        case .chunked where trailers.isEmpty: Self.lastChunk
        case .chunked:
            ByteBuffer(string: "0\r\n" + trailers.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n")
        case .counted, .untilClose: nil
        }
    }

    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")
}

extension ResponseHead {
    /// Adds the fields that say how the body is framed.
    mutating func frame(_ body: ResponseBody, as framing: BodyFraming) {
        switch framing {
        case .counted: if case .counted(let byteCount) = body { add("Content-Length", byteCount) }
        case .chunked:
            add("Transfer-Encoding", "chunked")
            if case .trickling(let trailers) = body { add("Trailer", trailers.joined(separator: ", ")) }
        case .untilClose: break
        }
    }
}
