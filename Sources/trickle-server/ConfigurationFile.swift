import CommandFrame
import ConfigurationReading
import Endings
import Logging
import Restreaming

/// The file that `--config` names: the relay's options, and the channels that are published from here.
struct ConfigurationFile: Sendable {
    let path: String
    let contents: RestreamConfiguration

    /// - Parameter tell: Gets each mistake in the file.
    /// - Throws: ``ToolFailure`` when there are mistakes, or no such file.
    init(_ path: String, tell: (ConfigurationMistake) -> Void) throws {
        let section = try RelaySection()
        self.path = path
        // To parse each option alone takes milliseconds: that is done only where all together have a mistake.
        let sound = try? RestreamService.read(path, optionMistake: section.shapeMistake) { _ in }
        if let sound, TrickleServer.mistake(in: section.arguments(for: sound.relayOptions)) == nil {
            contents = sound
        } else {
            contents = try RestreamService.read(path, optionMistake: section.mistake, tell: tell)
        }
    }

    /// The arguments with those in front that only the file that they name has.
    ///
    /// What was typed wrongly tells whoever parses it; what is wrong with the file tells whoever runs with it.
    static func complete(_ arguments: [String]) -> [String] {
        // Most starts can do without parsing twice.
        guard arguments.contains(where: { $0.hasPrefix("--config") }),
            let path = (try? TrickleServer.parse(arguments))?.config,
            let file = try? Self(path, tell: { _ in }), let section = try? RelaySection()
        else { return arguments }
        return section.arguments(for: file.contents.relayOptions, besides: arguments) + arguments
    }

    /// Reads it again.
    ///
    /// - Returns: the channels; options of the relay that have changed are logged, because they need a restart.
    func reread(_ logger: Logger) throws -> RestreamConfiguration {
        let new = try Self(path) { logger.error("\($0)") }.contents
        let (before, now) = (Self.values(contents), Self.values(new))
        let changed = Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
        if !changed.isEmpty {
            let names = changed.map { "'\($0)'" }.joined(separator: ", ")
            logger.warning(
                "\(path): \(names) changed; the relay goes on as it was, restart it for that")
        }
        return new
    }

    private static func values(_ contents: RestreamConfiguration) -> [String: String] {
        Dictionary(contents.relayOptions.map { ($0.name, $0.text) }) { first, _ in first }
    }

    /// What is in it.
    var summary: String {
        let sourceCount = contents.channels.reduce(0) { $0 + $1.sources.count }
        return "\(path): \(contents.relayOptions.count) options of the relay, \(contents.channels.count) channels, "
            + "\(sourceCount) sources, no mistakes"
    }
}
