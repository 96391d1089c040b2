import CommandFrame

/// All options of the relay as they are in the end, and who says so: a section `relay` for a file.
struct EffectiveOptions {
    /// What was typed.
    let typed: [String]
    /// That, with what the environment has.
    let given: [String]
    let file: ConfigurationFile?

    /// - Throws: when the environment makes no sense.
    init(typed: [String], file: ConfigurationFile?) throws {
        self.typed = typed
        given = try EnvironmentArguments(for: TrickleServer.self).complete(typed)
        self.file = file
    }

    /// YAML, a line for each option. What is not set is a comment.
    func text() throws -> String {
        "relay:\n" + (try RelaySection().options.map(line).joined())
    }

    private func line(for option: CommandDescription.Argument) -> String {
        let name = option.longName ?? ""
        let (value, origin) = value(of: option, name)
        guard let value else { return "  # \(name): not set\n" }
        return "  \(name): \(Self.quoted(value)) # \(origin)\n"
    }

    private func value(of option: CommandDescription.Argument, _ name: String) -> (value: String?, origin: String) {
        let isFlag = option.kind == "flag"
        if option.isGiven(in: typed) { return (isFlag ? "true" : option.value(in: typed), "the command line") }
        if option.isGiven(in: given) {
            return (isFlag ? "true" : option.value(in: given), EnvironmentArguments.variable(for: "--\(name)"))
        }
        if let file, let configured = file.contents.relayOptions.first(where: { $0.name == name }) {
            return (isFlag ? "\(configured.isOn == true)" : configured.text, file.path)
        }
        if name == "addr", let variables = try? BrokerVariables(), let address = variables.address {
            return (address, variables.origin)
        }
        return (isFlag ? "false" : option.defaultValue, "default")
    }

    /// In quotes where YAML might take it for something else than a text.
    private static func quoted(_ value: String) -> String {
        let isPlain =
            value.first.map { $0.isLetter || $0.isNumber || $0 == "/" } ?? false
            && value.allSatisfy { $0.isLetter || $0.isNumber || "./+-_:,".contains($0) } && value.last != ":"
        return isPlain
            ? value : "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
