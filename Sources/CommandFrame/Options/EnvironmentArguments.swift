import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Options from the environment: `TRICKLE_URL` for `--url`, `TRICKLE_NO_REALTIME=1` for `--no-realtime`.
///
/// What the command line says wins. Options that may be repeated take one value a line.
package struct EnvironmentArguments {
    private static let prefix = "TRICKLE_"

    private let command: any ParsableCommand.Type
    private let variables: [String: String]

    package init(
        for command: any ParsableCommand.Type, variables: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.command = command
        self.variables = variables.filter { $0.key.hasPrefix(Self.prefix) && !$0.value.isEmpty }
    }

    /// The arguments with those in front that only the environment has.
    package func complete(_ arguments: [String]) throws -> [String] {
        // Asking a command for its options costs milliseconds, which most starts can do without.
        if variables.isEmpty { return arguments }
        // Whoever asks how it is used may have got a variable wrong.
        if Self.asks(arguments) { return arguments }
        let added = try CommandDescription(of: command).arguments.flatMap { option in
            try self.arguments(for: option, besides: arguments)
        }
        return added + arguments
    }

    private func arguments(for option: CommandDescription.Argument, besides arguments: [String]) throws -> [String] {
        let names = option.typedNames
        guard option.kind != "positional", let name = names.first(where: { $0.hasPrefix("--") }) else { return [] }
        guard !["--help", "--version"].contains(name) else { return [] }
        let variable = Self.variable(for: name)
        guard let value = variables[variable] else { return [] }
        if option.isGiven(in: arguments) { return [] }
        switch option.kind {
        case "flag": return try Self.isOn(value, variable: variable) ? [name] : []
        case "option" where option.isRepeating:
            return value.split(whereSeparator: \.isNewline).map { "\(name)=\($0)" }
        default: return ["\(name)=\(value)"]
        }
    }

    /// Whether somebody wants to know how a command is used, instead of using it.
    package static func asks(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains(where: questions.contains)
    }

    private static let questions: Set<String> = ["--help", "-h", "--version", "--generate-completion-script"]

    /// `--no-realtime` is `TRICKLE_NO_REALTIME`.
    package static func variable(for name: String) -> String {
        prefix + String(name.drop { $0 == "-" }.map { $0 == "-" ? "_" : $0 }).uppercased()
    }

    /// - Throws: `ValidationError` where a value is neither yes nor no.
    package static func isOn(_ value: String, variable: String) throws -> Bool {
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw ValidationError("\(variable) is '\(value)', but has to be 1 or 0")
        }
    }
}
