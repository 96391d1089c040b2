import NIOCore
import TrickleCore

/// Some bytes of a segment as one chunk of the chunked transfer coding (RFC 9112, section 7.1), encoded once for all readers.
struct EncodedPiece: RelayPiece {
    /// Size line, payload, CRLF.
    let chunk: ByteBuffer
    private let sizeLineCount: Int32

    let payloadCount: Int32

    var byteCount: Int { Int(payloadCount) }

    /// - Parameter payload: not empty; copied.
    init(payload: ByteBufferView) {
        precondition(!payload.isEmpty, "an empty chunk would end the body")
        let size = String(payload.count, radix: 16)
        var chunk = ByteBufferAllocator().buffer(capacity: size.utf8.count + payload.count + 4)
        chunk.writeString(size)
        chunk.writeStaticString("\r\n")
        sizeLineCount = Int32(chunk.writerIndex)
        chunk.writeBytes(payload)
        chunk.writeStaticString("\r\n")
        payloadCount = Int32(payload.count)
        self.chunk = chunk
    }

    init(payload: [UInt8]) { self.init(payload: ByteBufferView(ByteBuffer(bytes: payload))) }

    /// The bytes themselves, without a copy.
    var payload: ByteBuffer { slice(0..<byteCount) }

    /// Some of the bytes themselves, without a copy.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        chunk.getSlice(at: Int(sizeLineCount) + range.lowerBound, length: range.count)!
    }

    func hasSameBytes(from offset: Int, as other: EncodedPiece, from otherOffset: Int, count: Int) -> Bool {
        slice(offset..<offset + count).readableBytesView.elementsEqual(
            other.slice(otherOffset..<otherOffset + count).readableBytesView)
    }

    func dropping(first count: Int) -> EncodedPiece {
        EncodedPiece(payload: slice(count..<byteCount).readableBytesView)
    }
}
