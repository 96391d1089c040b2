extension RawSpan {
    /// The byte at `offset`. The offset is checked.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Two bytes, most significant first.
    @inline(__always)
    func word(at offset: Int) -> UInt16 {
        UInt16(byte(at: offset)) << 8 | UInt16(byte(at: offset + 1))
    }

    /// Whether the bytes are the same as those of `other`.
    func isEqual(to other: [UInt8]) -> Bool {
        guard byteCount == other.count else { return false }
        return withUnsafeBytes { $0.elementsEqual(other) }
    }
}

extension Array where Element == UInt8 {
    /// Appends a copy of the bytes of `span`.
    @inline(__always)
    mutating func append(contentsOf span: RawSpan) {
        span.withUnsafeBytes { append(contentsOf: $0) }
    }
}
