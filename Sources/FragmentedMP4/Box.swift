/// A box within bytes that are there as a whole (ISO 14496-12, section 4.2).
struct Box {
    let type: FourCC
    /// What follows the box's header.
    let payload: ArraySlice<UInt8>

    /// The boxes in `bytes`, one after the other.
    ///
    /// - Throws: ``FragmentedMP4Error`` when a box reaches beyond the end.
    static func all(in bytes: ArraySlice<UInt8>) throws(FragmentedMP4Error) -> [Box] {
        var boxes: [Box] = []
        var rest = bytes
        while !rest.isEmpty {
            guard let header = try BoxHeader(rest), header.byteCount <= rest.count else {
                throw FragmentedMP4Error("a box reaches beyond the one that it is in")
            }
            let end = rest.startIndex + header.byteCount
            boxes.append(Box(type: header.type, payload: rest[rest.startIndex + header.headerByteCount..<end]))
            rest = rest[end...]
        }
        return boxes
    }

    /// The boxes in this one, the first `skipped` bytes of its payload left out.
    func children(after skipped: Int = 0) throws(FragmentedMP4Error) -> [Box] {
        guard payload.count >= skipped else { throw FragmentedMP4Error("'\(type)' is too short") }
        return try Box.all(in: payload.dropFirst(skipped))
    }

    /// The first box at a path below this one.
    func descendant(_ path: FourCC...) throws(FragmentedMP4Error) -> Box? {
        var box = self
        for type in path {
            guard let child = try box.children().first(where: { $0.type == type }) else { return nil }
            box = child
        }
        return box
    }

    /// A reader behind the version and the flags of a full box (section 4.2).
    func fullBox() throws(FragmentedMP4Error) -> (version: UInt8, flags: UInt32, reader: FieldReader) {
        var reader = FieldReader(payload, in: type)
        let head = UInt32(try reader.integer(4))
        return (UInt8(head >> 24), head & 0xFF_FFFF, reader)
    }
}

/// The first bytes of a box.
struct BoxHeader {
    let type: FourCC
    /// Of the whole box, this header included.
    let byteCount: Int
    let headerByteCount: Int

    /// - Returns: nil when more bytes are needed.
    /// - Throws: ``FragmentedMP4Error`` for a size that is none.
    init?(_ bytes: some RandomAccessCollection<UInt8>) throws(FragmentedMP4Error) {
        func integer(_ offset: Int, _ count: Int) -> UInt64 {
            bytes.dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard bytes.count >= 8 else { return nil }
        type = FourCC(rawValue: UInt32(integer(4, 4)))
        let size = integer(0, 4)
        headerByteCount = size == 1 ? 16 : 8
        guard bytes.count >= headerByteCount else { return nil }
        let byteCount = size == 1 ? integer(8, 8) : size
        // Zero stands for "to the end of the file", which a live stream does not have.
        guard byteCount >= UInt64(headerByteCount), byteCount <= UInt64(Int32.max) else {
            throw FragmentedMP4Error("box '\(type)' says that it has \(byteCount) bytes")
        }
        self.byteCount = Int(byteCount)
    }
}

/// Four characters that name a box, a codec or a kind of media.
struct FourCC: Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }
    init(stringLiteral text: StaticString) {
        precondition(text.utf8CodeUnitCount == 4)
        rawValue = text.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    var description: String {
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> UInt32($0)) }
        return String(decoding: bytes.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
