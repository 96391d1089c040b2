import CommandFrame

/// Something in a configuration that makes no sense, and where it stands.
public struct ConfigurationMistake: Error, Equatable, CustomStringConvertible, Sendable {
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1, in Unicode scalars.
    public let column: Int
    /// What is wrong, and what to do.
    public let message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// As compilers write it, so that editors find the place.
    public var description: String { "\(file):\(line):\(column): \(message)" }
}

/// All that is wrong with a configuration, in the order of the file.
public struct ConfigurationMistakes: Error, Equatable, Sendable {
    public let mistakes: [ConfigurationMistake]

    package init(_ mistakes: [ConfigurationMistake]) {
        self.mistakes = mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}

extension ConfigurationMistake {
    /// Logs it. To whoever only wants a file checked it is told without the tool's name in front, so that editors find the place.
    package func tell(_ session: ToolSession, isCheck: Bool, format: LogFormat) {
        if isCheck, format == .text { session.console.write(line: "\(self)") } else { session.logger.error("\(self)") }
    }
}
