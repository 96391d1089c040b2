/// An option of a program, as a file gives it.
public struct ConfiguredOption: Equatable, Sendable {
    /// Without dashes: `max-segment`.
    public var name: String
    public var text: String
    /// What the text means to a flag: `true` or `false`, and what else YAML has for them; nil for anything else.
    public var isOn: Bool?
    /// Where the name stands, from 1.
    public var line: Int
    public var column: Int

    public init(name: String, text: String, isOn: Bool? = nil, line: Int, column: Int) {
        self.name = name
        self.text = text
        self.isOn = isOn
        self.line = line
        self.column = column
    }
}
