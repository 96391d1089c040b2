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
    ///   - fill: writes them.
    private init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(byteCount > 0, "an empty chunk would end the body")
        let digitCount = (Int.bitWidth - byteCount.leadingZeroBitCount + 3) / 4
        let payload = digitCount + 2..<digitCount + 2 + byteCount
        var chunk = ByteBufferAllocator().buffer(capacity: payload.upperBound + 2)
        chunk.writeWithUnsafeMutableBytes(minimumWritableBytes: payload.upperBound + 2) { room in
            for place in 0..<digitCount { room[place] = Self.digit(byteCount >> (4 * (digitCount - 1 - place))) }
            Self.endLine(room, at: digitCount)
            fill(UnsafeMutableRawBufferPointer(rebasing: room[payload]))
            Self.endLine(room, at: payload.upperBound)
            return payload.upperBound + 2
        }
        sizeLineCount = Int32(payload.lowerBound)
        payloadCount = Int32(byteCount)
        self.chunk = chunk
    }

    /// The last hexadecimal digit of `number`.
    private static func digit(_ number: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: number & 15)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func endLine(_ bytes: UnsafeMutableRawBufferPointer, at place: Int) {
        bytes[place] = UInt8(ascii: "\r")
        bytes[place + 1] = UInt8(ascii: "\n")
    }

    /// - Parameter payload: not empty; copied.
    init(payload: ByteBufferView) {
        self.init(byteCount: payload.count) { room in payload.withUnsafeBytes { room.copyMemory(from: $0) } }
    }

    /// - Parameter parts: not empty; copied, once, one after the other.
    init(_ parts: CollectedBytes) { self.init(parts.buffers) }

    /// - Parameter parts: not empty; copied, once, one after the other.
    init(_ parts: [ByteBuffer]) {
        self.init(byteCount: parts.reduce(0) { $0 + $1.readableBytes }) { room in
            var rest = room
            for part in parts {
                part.withUnsafeReadableBytes { bytes in
                    rest.copyMemory(from: bytes)
                    rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
                }
            }
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
