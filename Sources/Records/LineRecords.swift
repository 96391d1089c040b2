/// Lines, each with its line feed. What comes behind the last one is a line, too.
package struct LineRecords: RecordSplitter {
    private var isInLine = false

    package init() {}

    package mutating func receive(_ bytes: [UInt8], _ emit: (RecordEvent) -> Void) {
        var rest = bytes[...]
        while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
            emit(.bytes(rest[...feed]))
            emit(.end)
            rest = rest[(feed + 1)...]
            isInLine = false
        }
        if rest.isEmpty { return }
        isInLine = true
        emit(.bytes(rest))
    }

    package mutating func finish(_ emit: (RecordEvent) -> Void) {
        if isInLine { emit(.end) }
        isInLine = false
    }
}
