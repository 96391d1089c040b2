/// A chunk that has come whole and says no more than its size (RFC 9112, section 7.1), which is how clients send them.
///
///     524 CR LF ── 1,316 bytes ── CR LF
///
/// Whatever else the grammar allows, or forbids, is not this type's affair.
public struct WholeChunk: Sendable, Equatable {
    /// Where the chunk's data is, as offsets of the bytes that were looked at.
    public let data: Range<Int>
    /// Up to the end of the chunk.
    public var byteCount: Int { data.upperBound + 2 }

    /// More are longer than anything that is read at once.
    private static let maximumDigitCount = 7

    /// Looks at the beginning of `bytes`; nil for anything but such a chunk. The last chunk of a body, which has no data, is none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var size = 0
        var offset = 0
        while offset < bytes.count, let digit = bytes[offset].hexDigitValue {
            guard offset < Self.maximumDigitCount else { return nil }
            size = size << 4 | Int(digit)
            offset += 1
        }
        guard size > 0, Self.isLineEnd(bytes, offset) else { return nil }
        data = offset + 2..<offset + 2 + size
        guard Self.isLineEnd(bytes, data.upperBound) else { return nil }
    }

    private static func isLineEnd(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        offset + 2 <= bytes.count && bytes[offset] == .carriageReturn && bytes[offset + 1] == .lineFeed
    }
}
