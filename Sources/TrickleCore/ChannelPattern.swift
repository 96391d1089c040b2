/// Channels by their names: `cam` is that channel alone, `cam*` is each whose name begins with `cam`, and `*` is all.
public struct ChannelPattern: Sendable, Hashable, CustomStringConvertible {
    /// All channels.
    public static let all = ChannelPattern(start: [], isPrefix: true)

    private let start: [UInt8]
    private let isPrefix: Bool

    private init(start: [UInt8], isPrefix: Bool) {
        self.start = start
        self.isPrefix = isPrefix
    }

    /// - Parameter text: a name as people read it, not percent-encoded; a `*` at its end stands for any text.
    /// - Returns: nil where no channel can have such a name: it is empty, has a `/`, or a `*` elsewhere.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        isPrefix = bytes.last == UInt8(ascii: "*")
        start = isPrefix ? bytes.dropLast() : bytes
        guard !start.contains(UInt8(ascii: "*")) else { return nil }
        // What only begins a name may be `.` or `..`.
        guard start.isEmpty ? isPrefix : (try? ChannelName(isPrefix ? text.replacingLast(with: "x") : text)) != nil
        else { return nil }
    }

    public func matches(_ name: ChannelName) -> Bool {
        isPrefix ? name.text.utf8.starts(with: start) : name.text.utf8.elementsEqual(start)
    }

    /// What both match; nil for none.
    public func intersection(_ other: ChannelPattern) -> ChannelPattern? {
        let (wide, narrow) =
            start.count < other.start.count || start.count == other.start.count && isPrefix
            ? (self, other) : (other, self)
        let isAmong = wide.isPrefix ? narrow.start.starts(with: wide.start) : narrow == wide
        return isAmong ? narrow : nil
    }

    /// Whether it matches names of the relay's own channels alone.
    public var isInternal: Bool { start.first == UInt8(ascii: "_") }

    public var description: String { String(decoding: start, as: UTF8.self) + (isPrefix ? "*" : "") }
}

extension String {
    fileprivate func replacingLast(with text: String) -> String { dropLast() + text }
}
