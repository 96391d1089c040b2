import AccessControl
import CommandFrame
import ConfigurationReading
import Endings
import Restreaming
import TrickleRelay

/// The file that `--config` names: the relay's options, who may do what, and the channels that are published from here.
struct ConfigurationFile: Sendable {
    let path: String
    let contents: RestreamConfiguration
    /// nil where it has no section `access`.
    let access: AccessRules?

    /// - Parameters:
    ///   - factories: What the section `access` needs; nil passes it over.
    ///   - tell: Gets each mistake in the file.
    /// - Throws: ``ToolFailure`` when there are mistakes, or no such file.
    init(_ path: String, factories: AccessFactories?, tell: (ConfigurationMistake) -> Void) throws {
        let section = try RelaySection()
        self.path = path
        var access: AccessRules?
        let readAccess: AccessReading? = factories.map { factories in
            { node, file, folder in
                var reader = AccessReader(file: file, folder: folder, factories: factories)
                access = reader.read(node)
                return reader.mistakes
            }
        }
        // To parse each option alone takes milliseconds: that is done only where all together have a mistake.
        let sound = try? RestreamService.read(path, optionMistake: section.shapeMistake, readAccess: readAccess) { _ in
        }
        if let sound, TrickleServer.mistake(in: section.arguments(for: sound.relayOptions)) == nil {
            contents = sound
        } else {
            contents = try RestreamService.read(
                path, optionMistake: section.mistake, readAccess: readAccess, tell: tell)
        }
        self.access = access
    }

    /// The arguments with those in front that only the file that they name has.
    ///
    /// What was typed wrongly tells whoever parses it; what is wrong with the file tells whoever runs with it.
    static func complete(_ arguments: [String]) -> [String] {
        // Most starts can do without parsing twice.
        guard arguments.contains(where: { $0.hasPrefix("--config") }),
            let path = (try? TrickleServer.parse(arguments))?.config,
            let file = try? Self(path, factories: nil, tell: { _ in }), let section = try? RelaySection()
        else { return arguments }
        return section.arguments(for: file.contents.relayOptions, besides: arguments) + arguments
    }

    /// - Throws: ``ToolFailure`` where there are none, and the metrics ask for them.
    static func checkHasRules(_ rules: AccessRules?) throws {
        if rules == nil {
            throw ToolFailure("--protect-metrics needs rules: the section 'access' in the file of --config")
        }
    }

    /// The names of the relay's options that another file has otherwise.
    func options(changedIn other: ConfigurationFile) -> [String] {
        let (before, now) = (Self.values(contents), Self.values(other.contents))
        return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
    }

    /// The relay's limits, as the file has them together with what was typed.
    func limits() throws -> RelayConfiguration {
        let typed = Array(CommandLine.arguments.dropFirst())
        let given = try EnvironmentArguments(for: TrickleServer.self).complete(typed)
        let section = try RelaySection().arguments(for: contents.relayOptions, besides: given)
        let server = try TrickleServer.parse(section + given)
        var configuration = RelayConfiguration()
        server.window.apply(to: &configuration)
        server.limits.apply(to: &configuration)
        try MemoryLimit.fit(&configuration, nil)
        return configuration
    }

    private static func values(_ contents: RestreamConfiguration) -> [String: String] {
        Dictionary(contents.relayOptions.map { ($0.name, $0.text) }) { first, _ in first }
    }

    /// What is in it.
    var summary: String {
        let sourceCount = contents.channels.reduce(0) { $0 + $1.sources.count }
        return "\(path): \(contents.relayOptions.count) options of the relay, "
            + (access.map { "\($0.rules.count) rules of access, " } ?? "")
            + "\(contents.channels.count) channels, \(sourceCount) sources, no mistakes"
    }
}
