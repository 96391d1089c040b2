/// Records of one size, the last of which may be smaller; or, without a size, one record for all.
package struct FixedSizeRecords: RecordSplitter {
    private let byteCount: Int?
    private var taken = 0

    /// - Parameter byteCount: At least 1; nil for a record that ends with the stream.
    package init(byteCount: Int?) { self.byteCount = byteCount }

    package mutating func receive(_ bytes: [UInt8], _ emit: (RecordEvent) -> Void) {
        guard let byteCount else {
            emit(.bytes(bytes[...]))
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(byteCount - taken)
            rest = rest.dropFirst(part.count)
            taken += part.count
            emit(.bytes(part))
            guard taken == byteCount else { return }
            emit(.end)
            taken = 0
        }
    }

    package mutating func finish(_ emit: (RecordEvent) -> Void) {
        if taken > 0 || byteCount == nil { emit(.end) }
        taken = 0
    }
}
