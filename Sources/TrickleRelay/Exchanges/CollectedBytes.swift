import NIOCore

/// A publisher's body bytes that are not in a piece yet, in the buffers that they were read into: so that a piece knows its size
/// before it is made, and takes no more room than it needs.
struct CollectedBytes {
    private(set) var buffers: [ByteBuffer] = []
    private(set) var byteCount = 0

    /// Each keeps the buffer that was read into: many with few bytes would hold much memory.
    private static let maximumBufferCount = 256

    /// Whether no more should be collected.
    var isFull: Bool { byteCount >= EncodedPiece.maximumByteCount || buffers.count >= Self.maximumBufferCount }

    /// Takes of `bytes` what one piece has room for.
    mutating func take(_ bytes: inout ByteBuffer) {
        let count = min(bytes.readableBytes, EncodedPiece.maximumByteCount - byteCount)
        guard count > 0, let part = bytes.readSlice(length: count) else { return }
        byteCount += count
        buffers.append(part)
    }

    /// What has been collected, as a piece; nil for nothing.
    mutating func takePiece() -> EncodedPiece? {
        guard byteCount > 0 else { return nil }
        defer { removeAll() }
        return EncodedPiece(self)
    }

    mutating func removeAll() {
        buffers.removeAll(keepingCapacity: true)
        byteCount = 0
    }
}
