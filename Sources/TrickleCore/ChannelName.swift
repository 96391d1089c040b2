/// The name of a channel: one path part, 1–255 bytes of UTF-8 without `/`, control characters, `.` or `..`.
public struct ChannelName: Hashable, Comparable, Sendable {
    /// The changefeed: one JSON document a segment tells which channels came and went.
    public static let changefeed = ChannelName(unchecked: "_changes")
    /// The list of channels, as JSON.
    public static let channelList = ChannelName(unchecked: "_channels")

    /// The name as people read it, not percent-encoded.
    public let text: String

    /// - Throws: ``InvalidChannelName`` when `text` breaks the rule above.
    public init(_ text: String) throws(InvalidChannelName) {
        if let reason = Self.problem(with: text) { throw InvalidChannelName(reason: reason) }
        self.text = text
    }

    /// Reads a path part as it stands in a request target.
    ///
    /// - Throws: ``InvalidChannelName`` when it is wrongly encoded, is not UTF-8, or names no channel.
    public init(percentEncoded part: some Sequence<UInt8>) throws(InvalidChannelName) {
        guard let bytes = PercentEncoding.decode(part) else {
            throw InvalidChannelName(reason: "has a '%' that is not followed by two hexadecimal digits")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InvalidChannelName(reason: "is not UTF-8")
        }
        try self.init(text)
    }

    private init(unchecked text: String) { self.text = text }

    /// The name as one part of a URL's path.
    public var percentEncoded: String { PercentEncoding.encode(text.utf8) }

    /// Whether the relay itself owns the channel: clients read it and cannot publish to it.
    public var isInternal: Bool { text.utf8.first == UInt8(ascii: "_") }

    /// The name of a channel that the relay's own program makes from another: everybody may read it, nobody else may write it, and no list
    /// has it.
    ///
    /// - Parameter kind: what is made, such as `mp4`.
    public static func derived(_ kind: String, from channel: ChannelName) -> ChannelName {
        ChannelName(unchecked: "_\(kind):\(channel.text)")
    }

    /// The channel that one of ``derived(_:from:)`` is made from; nil for all others.
    public var origin: ChannelName? {
        guard isInternal, let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return try? ChannelName(String(text[text.utf8.index(after: colon)...]))
    }

    /// Whether it is one of ``derived(_:from:)``.
    var isDerived: Bool { isInternal && text.utf8.contains(UInt8(ascii: ":")) }

    /// Whether the relay's own program may publish to it. Clients may not publish to any that ``isInternal``.
    var isPublishable: Bool { !isInternal || isDerived }

    // Names are bytes. As text, two Unicode forms of one letter would be the same, and in another order.

    public static func == (left: ChannelName, right: ChannelName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(text.utf8.count)
    }

    public static func < (left: ChannelName, right: ChannelName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private static func problem(with text: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.utf8.count > 255 { return "is longer than 255 bytes" }
        if text == "." || text == ".." { return "is '\(text)'" }
        if text.utf8.contains(UInt8(ascii: "/")) { return "contains '/'" }
        let isControl = { (scalar: Unicode.Scalar) in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        }
        if text.unicodeScalars.contains(where: isControl) { return "contains a control character" }
        return nil
    }
}

extension ChannelName: CustomStringConvertible {
    public var description: String { text }
}

/// Why a text cannot be the name of a channel.
public struct InvalidChannelName: Error, Equatable, CustomStringConvertible {
    /// Completes the sentence "the channel name …".
    public let reason: String

    public var description: String { "the channel name \(reason)" }
}
