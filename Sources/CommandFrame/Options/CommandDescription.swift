import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is needed here of the argument parser's own description of a command (its tool information, version 0).
struct CommandDescription: Decodable {
    struct Command: Decodable {
        var arguments: [Argument]
    }
    struct Argument: Decodable {
        var kind: String
        var names: [Name]?
        var isRepeating: Bool
        var valueName: String?
        var defaultValue: String?
    }
    struct Name: Decodable {
        var kind: String
        var name: String
    }

    private var command: Command

    var arguments: [Argument] { command.arguments }

    /// Asking a command for its options costs milliseconds.
    init(of command: any ParsableCommand.Type) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(command._dumpHelp().utf8))
    }
}

extension CommandDescription.Argument {
    /// As they are typed: `--stream`, `-s`.
    var typedNames: [String] { (names ?? []).map { $0.kind == "long" ? "--\($0.name)" : "-\($0.name)" } }
}
