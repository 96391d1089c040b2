/// Why there are no keys where they were looked for: one line that says what to do.
public struct TokenKeyMistake: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
