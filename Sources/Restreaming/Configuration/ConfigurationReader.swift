import Publishing
import TrickleKit
import Yams

/// Reads a configuration from YAML, and gathers all mistakes instead of stopping at the first.
struct ConfigurationReader {
    private let file: String
    /// What relative paths begin at, with a slash at its end; empty for the working directory.
    let folder: String
    private(set) var mistakes: [ConfigurationMistake] = []

    /// - Parameter file: The name that mistakes begin with.
    init(file: String, folder: String) {
        self.file = file
        self.folder = folder
    }

    /// - Returns: The configuration; only good where there are no ``mistakes``.
    mutating func read(_ yaml: String) -> RestreamConfiguration {
        do {
            guard let root = try compose(yaml: yaml) else {
                report("the file is empty: it has to begin with 'channels:'", line: 1, column: 1)
                return RestreamConfiguration(channels: [])
            }
            return configuration(root)
        } catch {
            report(error, in: yaml)
            return RestreamConfiguration(channels: [])
        }
    }

    private mutating func configuration(_ root: Node) -> RestreamConfiguration {
        let fields = fields(of: root, "the file", known: ["defaults", "channels"])
        var defaults = ChannelSettings()
        if let node = fields["defaults"] {
            read(settings: self.fields(of: node, "'defaults'", known: Self.settingNames), into: &defaults)
        }
        guard let list = fields["channels"] else {
            // Where the file is no mapping that was said already.
            if root.mapping != nil { report("'channels' is missing: it maps names to sources", at: root) }
            return RestreamConfiguration(channels: [])
        }
        guard case .mapping(let mapping) = list, !mapping.isEmpty else {
            report("'channels' has to map names to sources, as in 'cam: http://camera/live.ts'", at: list)
            return RestreamConfiguration(channels: [])
        }
        return RestreamConfiguration(channels: mapping.compactMap { channel($0.key, $0.value, defaults) })
    }

    private mutating func channel(_ key: Node, _ node: Node, _ defaults: ChannelSettings) -> ChannelPlan? {
        let name = name(key)
        var settings = defaults
        var sources: [SourcePlan] = []
        // What has sources is a channel with settings; any other mapping is its only source.
        if node.null != nil {
            report("the channel has no sources: list at least one", at: key)
        } else if let mapping = node.mapping,
            !mapping.contains(where: { SourceReading.kinds.contains($0.key.string ?? "") })
        {
            let fields = fields(of: node, "a channel", known: ["sources"] + Self.settingNames)
            read(settings: fields, into: &settings)
            if let list = fields["sources"] {
                sources = self.sources(list)
            } else {
                report("the channel has no 'sources': list at least one", at: key)
            }
        } else {
            sources = self.sources(node)
        }
        guard let name, !sources.isEmpty else { return nil }
        return ChannelPlan(name: name, sources: sources, settings: settings)
    }

    private mutating func name(_ key: Node) -> ChannelName? {
        guard let text = text(of: key, "the name of a channel") else { return nil }
        do {
            let name = try ChannelName(text)
            if !name.isInternal { return name }
            report("names that begin with '_' are the relay's own: choose another for '\(text)'", at: key)
        } catch {
            report("\(error)", at: key)
        }
        return nil
    }

    /// A list of sources, or a single one.
    private mutating func sources(_ node: Node) -> [SourcePlan] {
        guard case .sequence(let list) = node else { return [source(node)].compactMap { $0 } }
        if list.isEmpty { report("the list of sources is empty: name at least one", at: node) }
        return list.compactMap { source($0) }
    }
}

// What nodes say.
extension ConfigurationReader {
    /// The values of a mapping by their names; those that are not known are mistakes.
    mutating func fields(of node: Node, _ what: String, known: [String]) -> [String: Node] {
        guard case .mapping(let mapping) = node else {
            report("\(what) has to map names to values: \(known.joined(separator: ", "))", at: node)
            return [:]
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.string ?? "?"
            if known.contains(name) {
                fields[name] = value
            } else {
                report("'\(name)' is not known here: \(what) has \(known.joined(separator: ", "))", at: key)
            }
        }
        return fields
    }

    /// - Parameter what: Begins the message, as "'stall'".
    mutating func text(of node: Node, _ what: String) -> String? {
        if let scalar = node.scalar, node.null == nil, !scalar.string.isEmpty { return scalar.string }
        report("\(what) has to be a text", at: node)
        return nil
    }

    mutating func isTrue(_ node: Node, _ what: String) -> Bool {
        if let value = node.bool { return value }
        report("\(what) has to be true or false", at: node)
        return false
    }

    mutating func report(_ message: String, at node: Node) {
        report(message, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func report(_ message: String, line: Int, column: Int) {
        mistakes.append(ConfigurationMistake(file: file, line: line, column: column, message: message))
    }

    /// What the parser says of a text that is no YAML.
    private mutating func report(_ error: any Error, in yaml: String) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            report("this is no YAML: \(problem)", line: mark.line, column: mark.column)
        case YamlError.duplicatedKeysInMapping(let names, let context):
            let list = names.map { "'\($0)'" }.joined(separator: ", ")
            report(
                "\(list) is there twice: give each its own name", line: context.mark.line, column: context.mark.column)
        case YamlError.reader(let problem, let offset, _, _):
            let line = yaml.prefix(offset ?? 0).count { $0.isNewline } + 1
            report("this is no YAML: \(problem)", line: line, column: 1)
        default:
            report("this is no YAML: \(error)", line: 1, column: 1)
        }
    }
}
