import Endings

/// JSON texts (RFC 8259), one behind the other with or without white space between them: each record is one of them, and a line feed.
///
/// The texts pass as they are. What is not JSON is an error, such as a bare word or a missing comma; what a string has between its quotes is not
/// looked at, but for its escapes.
package struct JSONRecords: RecordSplitter {
    private enum Place: Equatable {
        case between
        /// In an object or an array, outside of strings.
        case inside
        case string, escape
        /// In `\u` and its four digits, of which so many are missing.
        case hexadecimal(Int)
        /// In a number, or `true`, `false`, `null`, that is a text of its own.
        case scalar
    }

    private var place = Place.between
    /// What is open that has no end of its own.
    private var scalar: JSONScalar?
    private var structure = JSONStructure()
    private var position = 0
    private var line = 1

    package init() {}

    package mutating func receive(_ bytes: [UInt8], _ emit: (RecordEvent) -> Void) throws {
        var start = place == .between ? nil : Optional(0)
        func end(behind index: Int) {
            if let first = start, first < index { emit(.bytes(bytes[first..<index])) }
            emit(.bytes([UInt8(ascii: "\n")]))
            emit(.end)
            start = nil
        }
        for (index, byte) in bytes.enumerated() {
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if scalar != nil, !Self.isOfScalar(byte) { try endScalar() }
            if place == .scalar, !Self.isOfScalar(byte) {
                end(behind: index)
                place = .between
            }
            switch place {
            case .between:
                if Self.isSeparator(byte) { continue }
                try begin(byte)
                start = index
            case .inside:
                try step(byte)
                if place == .between { end(behind: index + 1) }
            case .string:
                try stepInString(byte)
                if place == .between { end(behind: index + 1) }
            case .escape: try stepInEscape(byte)
            case .hexadecimal(let missing):
                guard Self.isHexadecimal(byte) else { throw unexpected(byte) }
                place = missing > 1 ? .hexadecimal(missing - 1) : .string
            case .scalar: try stepInScalar(byte)
            }
        }
        if let start, start < bytes.count { emit(.bytes(bytes[start...])) }
    }

    package mutating func finish(_ emit: (RecordEvent) -> Void) throws {
        switch place {
        case .between: return
        case .scalar:
            try endScalar()
            emit(.bytes([UInt8(ascii: "\n")]))
            emit(.end)
            place = .between
        case .inside, .string, .escape, .hexadecimal: throw failure("it ends inside a document that began before")
        }
    }

    /// The first byte of a text.
    private mutating func begin(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .inside
            try step(byte)
        case UInt8(ascii: "\""): try beginString()
        default:
            place = .scalar
            try stepInScalar(byte)
        }
    }

    private mutating func beginString() throws {
        guard structure.beginsString() else { throw unexpected(UInt8(ascii: "\"")) }
        place = .string
    }

    private mutating func step(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if structure.isTooDeep { throw failure("it is nested deeper than \(JSONStructure.maximumDepth) levels") }
            guard structure.take(byte) else { throw unexpected(byte) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            guard structure.take(byte) else { throw unexpected(byte) }
            if structure.isWhole { place = .between }
        case UInt8(ascii: ","), UInt8(ascii: ":"):
            guard structure.take(byte) else { throw unexpected(byte) }
        case UInt8(ascii: "\""): try beginString()
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
        default: try stepInScalar(byte)
        }
    }

    /// A byte that begins a scalar, or belongs to the one that is open.
    private mutating func stepInScalar(_ byte: UInt8) throws {
        guard scalar == nil else {
            guard scalar?.take(byte) == true else { throw unexpected(byte) }
            return
        }
        guard structure.beginsValue(), let begun = JSONScalar(byte) else { throw unexpected(byte) }
        scalar = begun
    }

    private mutating func endScalar() throws {
        guard scalar?.isComplete == true else { throw failure("a word or a number breaks off") }
        scalar = nil
        structure.endValue()
    }

    private mutating func stepInString(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "\\"): place = .escape
        case UInt8(ascii: "\""):
            structure.endString()
            place = structure.isWhole ? .between : .inside
        case 0..<0x20: throw unexpected(byte)
        default: break
        }
    }

    private mutating func stepInEscape(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "u"): place = .hexadecimal(4)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            place = .string
        default: throw unexpected(byte)
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        // With the record separator of RFC 7464.
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), 0x1E: true
        default: false
        }
    }

    /// Numbers, and `true`, `false`, `null`.
    private static func isOfScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func unexpected(_ byte: UInt8) -> ToolFailure {
        let isVisible = byte > 0x20 && byte < 0x7F
        let name = isVisible ? "'\(Character(Unicode.Scalar(byte)))'" : "a byte \(byte)"
        return failure("\(name) cannot stand there")
    }

    private func failure(_ reason: String) -> ToolFailure {
        ToolFailure("the input is not JSON at byte \(position), line \(line): \(reason)")
    }
}
