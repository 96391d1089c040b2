import CommandFrame
import Restreaming

/// The section `relay` of the configuration: each option of the program by its long name, `memory: 2GiB` for `--memory 2GiB`.
struct RelaySection {
    /// They are about the file, or ask something.
    private static let notInFile: Set = ["config", "check", "print-config", "help", "version"]

    /// All that can be in it, in the order of the help.
    let options: [CommandDescription.Argument]

    /// Asked for once: that costs milliseconds.
    private static let description = Result { try CommandDescription(of: TrickleServer.self) }

    init() throws {
        options = try Self.description.get().arguments.filter { option in
            option.longName.map { !Self.notInFile.contains($0) } ?? false
        }
    }

    /// What is wrong with an option; nil where it is right.
    func mistake(in option: ConfiguredOption) -> String? {
        shapeMistake(in: option) ?? TrickleServer.mistake(in: arguments(for: option))
    }

    /// What is wrong with an option whatever its value means.
    func shapeMistake(in option: ConfiguredOption) -> String? {
        guard let known = options.first(where: { $0.longName == option.name }) else {
            let similar = EditDistance.nearest(to: option.name, among: options.compactMap(\.longName))
            return "trickle-server has no option '\(option.name)' for its file"
                + (similar.map { ": did you mean '\($0)'?" } ?? "")
        }
        if known.kind == "flag", option.isOn == nil { return "'\(option.name)' has to be true or false" }
        return nil
    }

    /// The options as they are typed, but for those that were given otherwise.
    func arguments(for configured: [ConfiguredOption], besides given: [String] = []) -> [String] {
        configured.flatMap { option in
            let isGiven = options.first { $0.longName == option.name }?.isGiven(in: given) ?? false
            return isGiven ? [] : arguments(for: option)
        }
    }

    private func arguments(for option: ConfiguredOption) -> [String] {
        let isFlag = options.first { $0.longName == option.name }?.kind == "flag"
        if isFlag { return option.isOn == true ? ["--\(option.name)"] : [] }
        return ["--\(option.name)=\(option.text)"]
    }
}
