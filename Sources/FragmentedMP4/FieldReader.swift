/// Reads the fields of a box one after the other.
struct FieldReader {
    private var rest: ArraySlice<UInt8>
    private let type: FourCC

    init(_ bytes: ArraySlice<UInt8>, in type: FourCC) {
        rest = bytes
        self.type = type
    }

    /// A big-endian number of 1 to 8 bytes.
    ///
    /// - Throws: ``FragmentedMP4Error`` when the box ends before.
    mutating func integer(_ byteCount: Int) throws(FragmentedMP4Error) -> UInt64 {
        guard rest.count >= byteCount else { throw FragmentedMP4Error("box '\(type)' is too short") }
        defer { rest = rest.dropFirst(byteCount) }
        return rest.prefix(byteCount).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func skip(_ byteCount: Int) throws(FragmentedMP4Error) {
        guard rest.count >= byteCount else { throw FragmentedMP4Error("box '\(type)' is too short") }
        rest = rest.dropFirst(byteCount)
    }
}
