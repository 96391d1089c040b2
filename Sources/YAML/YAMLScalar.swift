/// A value that is one text. What else it means, YAML 1.1 says.
public struct YAMLScalar: Equatable, Sendable {
    /// Without its quotes.
    public let text: String
    /// Whether no quotes are around it.
    let isPlain: Bool
    /// Whether it is a text whatever it looks like: it has quotes, or the tag `!!str`.
    let isText: Bool

    /// Whether it stands for nothing: `~`, `null`, or no text at all.
    public var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// `true`, `yes` and `on`, or `false`, `no` and `off`; nil for anything else.
    public var bool: Bool? {
        if isText { return nil }
        return switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }
}
