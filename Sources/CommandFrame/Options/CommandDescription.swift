import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is needed here of the argument parser's own description of a command (its tool information, version 0).
package struct CommandDescription: Decodable, Sendable {
    struct Command: Decodable, Sendable {
        var arguments: [Argument]
    }
    package struct Argument: Decodable, Sendable {
        /// `option`, `flag` or `positional`.
        package var kind: String
        var names: [Name]?
        package var isRepeating: Bool
        package var valueName: String?
        package var defaultValue: String?
    }
    struct Name: Decodable, Sendable {
        var kind: String
        var name: String
    }

    private var command: Command

    package var arguments: [Argument] { command.arguments }

    /// Asking a command for its options costs milliseconds.
    package init(of command: any ParsableCommand.Type) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(command._dumpHelp().utf8))
    }
}

extension CommandDescription.Argument {
    /// As they are typed: `--stream`, `-s`.
    package var typedNames: [String] { (names ?? []).map { $0.kind == "long" ? "--\($0.name)" : "-\($0.name)" } }

    /// The long name without its dashes: `stream`.
    package var longName: String? { names?.first { $0.kind == "long" }?.name }

    /// Whether somebody gave it.
    package func isGiven(in arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { argument in
            typedNames.contains { argument == $0 || argument.hasPrefix("\($0)=") }
        }
    }

    /// Its value in the arguments, the last one that somebody gave; nil where there is none.
    package func value(in arguments: [String]) -> String? {
        let arguments = Array(arguments.prefix { $0 != "--" })
        for (index, argument) in arguments.enumerated().reversed() {
            for name in typedNames {
                if argument.hasPrefix("\(name)=") { return String(argument.dropFirst(name.count + 1)) }
                if argument == name, index + 1 < arguments.count { return arguments[index + 1] }
            }
        }
        return nil
    }
}
