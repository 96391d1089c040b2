import NIOCore
import TrickleCore

/// Some bytes of a segment as one chunk of the chunked transfer coding (RFC 9112, section 7.1), encoded once for all readers.
struct EncodedPiece: RelayPiece {
    /// The most payload that a publisher's bytes are collected to: with its framing it fills a buffer of 256 KiB.
    static let maximumByteCount = (256 << 10) - 9

    /// Size line, payload, CRLF.
    let chunk: ByteBuffer
    private let sizeLineCount: Int32

    let payloadCount: Int32

    var byteCount: Int { Int(payloadCount) }
    /// With a sixteenth for what the allocator loses between such buffers, and for bytes that are on their way in.
    var storageByteCount: Int { chunk.storageCapacity / 16 * 17 }

    /// - Parameters:
    ///   - byteCount: the payload's bytes; not 0, for an empty chunk would end the body.
    ///   - writePayload: appends them.
    private init(byteCount: Int, _ writePayload: (inout ByteBuffer) -> Void) {
        precondition(byteCount > 0, "an empty chunk would end the body")
        let size = String(byteCount, radix: 16)
        var chunk = ByteBufferAllocator().buffer(capacity: size.utf8.count + byteCount + 4)
        chunk.writeString(size)
        chunk.writeStaticString("\r\n")
        sizeLineCount = Int32(chunk.writerIndex)
        writePayload(&chunk)
        chunk.writeStaticString("\r\n")
        payloadCount = Int32(byteCount)
        self.chunk = chunk
    }

    /// - Parameter payload: not empty; copied.
    init(payload: ByteBufferView) {
        self.init(byteCount: payload.count) { $0.writeBytes(payload) }
    }

    /// - Parameter parts: not empty; copied, once, one after the other.
    init(_ parts: CollectedBytes) { self.init(parts.buffers) }

    /// - Parameter parts: not empty; copied, once, one after the other.
    init(_ parts: [ByteBuffer]) {
        self.init(byteCount: parts.reduce(0) { $0 + $1.readableBytes }) { chunk in
            for part in parts { chunk.writeImmutableBuffer(part) }
        }
    }

    init(payload: [UInt8]) { self.init(payload: ByteBufferView(ByteBuffer(bytes: payload))) }

    /// The bytes themselves, without a copy.
    var payload: ByteBuffer { slice(0..<byteCount) }

    /// Some of the bytes themselves, without a copy.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        chunk.getSlice(at: Int(sizeLineCount) + range.lowerBound, length: range.count)!
    }

    func hasSameBytes(from offset: Int, as other: EncodedPiece, from otherOffset: Int, count: Int) -> Bool {
        slice(offset..<offset + count) == other.slice(otherOffset..<otherOffset + count)
    }

    func part(_ range: Range<Int>) -> EncodedPiece { EncodedPiece(payload: slice(range).readableBytesView) }

    static func joined(_ pieces: [EncodedPiece]) -> EncodedPiece { EncodedPiece(pieces.map(\.payload)) }
}

extension ByteBuffer {
    /// The readable bytes from the `offset`th on, without a copy.
    func from(_ offset: Int) -> ByteBuffer {
        getSlice(at: readerIndex + offset, length: readableBytes - offset)!
    }
}
