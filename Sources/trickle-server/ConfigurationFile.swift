import CommandFrame
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
        contents = try RestreamService.read(path, optionMistake: section.mistake, tell: tell)
    }

    /// The arguments with those in front that only the file that they name has.
    static func complete(_ arguments: [String], _ console: Console) throws -> [String] {
        let isNamed = arguments.prefix { $0 != "--" }.contains { $0 == "--config" || $0.hasPrefix("--config=") }
        // What was typed wrongly is told first, by whoever parses it.
        guard isNamed, !EnvironmentArguments.isQuestion(arguments), TrickleServer.mistake(in: arguments) == nil else {
            return arguments
        }
        let options = try CommandDescription(of: TrickleServer.self).arguments
        guard let path = options.first(where: { $0.longName == "config" })?.value(in: arguments) else {
            return arguments
        }
        let file = try Self(path) { console.write(line: "\($0)") }
        return try RelaySection().arguments(for: file.contents.relayOptions, besides: arguments) + arguments
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
