/// What stands where in a JSON text (RFC 8259, sections 2, 4 and 5): brackets, commas and colons between its strings, numbers and words.
struct JSONStructure {
    /// The deepest nesting.
    static let maximumDepth = 1024

    private enum Expectation {
        case value, valueOrEnd, name, nameOrEnd, colon, commaOrEnd
    }

    /// The brackets that will close what is open.
    private var closers: [UInt8] = []
    private var expected = Expectation.value
    /// Whether the string that is open names a member.
    private var isName = false

    /// Whether the text is at its end.
    var isWhole: Bool { closers.isEmpty }
    var isTooDeep: Bool { closers.count >= Self.maximumDepth }

    /// - Returns: false where the bracket, comma or colon cannot stand.
    mutating func take(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard beginsValue() else { return false }
            let isObject = byte == UInt8(ascii: "{")
            closers.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
            expected = isObject ? .nameOrEnd : .valueOrEnd
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            guard expected == .commaOrEnd || expected == .nameOrEnd || expected == .valueOrEnd,
                closers.popLast() == byte
            else { return false }
            endValue()
        case UInt8(ascii: ","):
            guard expected == .commaOrEnd else { return false }
            expected = closers.last == UInt8(ascii: "}") ? .name : .value
        case UInt8(ascii: ":"):
            guard expected == .colon else { return false }
            expected = .value
        default: return false
        }
        return true
    }

    /// - Returns: false where no number or word can stand.
    func beginsValue() -> Bool { expected == .value || expected == .valueOrEnd }

    /// - Returns: false where no string can stand.
    mutating func beginsString() -> Bool {
        isName = expected == .name || expected == .nameOrEnd
        return isName || beginsValue()
    }

    mutating func endString() {
        if isName { expected = .colon } else { endValue() }
        isName = false
    }

    /// A number, a word, an object or an array is over.
    mutating func endValue() { expected = closers.isEmpty ? .value : .commaOrEnd }
}
