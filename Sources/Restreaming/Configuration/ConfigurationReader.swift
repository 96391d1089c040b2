import ConfigurationReading
import Publishing
import TrickleKit
import YAML

/// Reads a configuration from YAML, and gathers all mistakes instead of stopping at the first.
struct ConfigurationReader: NodeReading {
    let file: String
    /// What relative paths begin at, with a slash at its end; empty for the working directory.
    let folder: String
    private let optionMistake: (ConfiguredOption) -> String?
    /// Reads the section `access`; nil passes it over.
    private let readAccess: AccessReading?
    var mistakes: [ConfigurationMistake] = []

    /// - Parameters:
    ///   - file: The name that mistakes begin with.
    ///   - optionMistake: What is wrong with an option of the relay; nil where it is right.
    ///   - readAccess: Reads the section `access`; nil passes it over.
    init(
        file: String, folder: String, optionMistake: @escaping (ConfiguredOption) -> String? = { _ in nil },
        readAccess: AccessReading? = nil
    ) {
        self.file = file
        self.folder = folder
        self.optionMistake = optionMistake
        self.readAccess = readAccess
    }

    /// - Returns: The configuration; only good where there are no ``mistakes``.
    mutating func read(_ yaml: String) -> RestreamConfiguration {
        do throws(YAMLMistake) {
            guard let root = try YAMLNode.read(yaml) else {
                report("the file is empty: it has to have 'channels:', 'relay:' or 'access:'", at: .start)
                return RestreamConfiguration(channels: [])
            }
            return configuration(root)
        } catch {
            report(error)
            return RestreamConfiguration(channels: [])
        }
    }

    private mutating func configuration(_ root: YAMLNode) -> RestreamConfiguration {
        let fields = fields(of: root, "the file", known: ["relay", "access", "defaults", "channels"])
        var defaults = ChannelSettings()
        if let node = fields["defaults"] {
            read(settings: self.fields(of: node, "'defaults'", known: Self.settingNames), into: &defaults)
        }
        let relayOptions = fields["relay"].map { options(of: $0) } ?? []
        if let node = fields["access"], let readAccess { mistakes += readAccess(node, file, folder) }
        guard let list = fields["channels"] else {
            if fields["relay"] != nil || fields["access"] != nil, fields["defaults"] == nil {
                return RestreamConfiguration(channels: [], relayOptions: relayOptions)
            }
            // Where the file is no mapping that was said already.
            if root.mapping != nil { report("'channels' is missing: it maps names to sources", at: root) }
            return RestreamConfiguration(channels: [])
        }
        guard let mapping = list.mapping, !mapping.isEmpty else {
            report("'channels' has to map names to sources, as in 'cam: http://camera/live.ts'", at: list)
            return RestreamConfiguration(channels: [])
        }
        return RestreamConfiguration(
            channels: mapping.compactMap { channel($0.key, $0.value, defaults) }, relayOptions: relayOptions)
    }

    /// The options of the relay. Which there are knows the program that has them.
    private mutating func options(of node: YAMLNode) -> [ConfiguredOption] {
        guard let mapping = node.mapping else {
            report("'relay' has to map options of trickle-server to values, as in 'memory: 2GiB'", at: node)
            return []
        }
        return mapping.compactMap { key, value in
            guard let name = text(of: key, "the name of an option") else { return nil }
            guard let text = text(of: value, "'\(name)'") else { return nil }
            let place = key.place
            let option = ConfiguredOption(
                name: name, text: text, isOn: value.scalar?.bool, line: place.line, column: place.column)
            if let mistake = optionMistake(option) { report(mistake, at: key) }
            return option
        }
    }

    private mutating func channel(_ key: YAMLNode, _ node: YAMLNode, _ defaults: ChannelSettings) -> ChannelPlan? {
        let name = name(key)
        var settings = defaults
        var sources: [SourcePlan] = []
        // What has sources is a channel with settings; any other mapping is its only source.
        if node.scalar?.isNull == true {
            report("the channel has no sources: list at least one", at: key)
        } else if let mapping = node.mapping,
            !mapping.contains(where: { SourceReading.kinds.contains($0.key.scalar?.text ?? "") })
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

    private mutating func name(_ key: YAMLNode) -> ChannelName? {
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
    private mutating func sources(_ node: YAMLNode) -> [SourcePlan] {
        guard let list = node.sequence else { return [source(node)].compactMap { $0 } }
        if list.isEmpty { report("the list of sources is empty: name at least one", at: node) }
        return list.compactMap { source($0) }
    }
}

// What is wrong with the text.
extension ConfigurationReader {
    private mutating func report(_ mistake: YAMLMistake) {
        switch mistake {
        case .syntax(let problem, let place): report("this is no YAML: \(problem)", at: place)
        case .repeatedKeys(let names, let place):
            let list = names.map { "'\($0)'" }.joined(separator: ", ")
            report("\(list) is there twice: give each its own name", at: place)
        case .tooDeep(let place):
            report("lists and mappings are nested too deep here: take some of the brackets away", at: place)
        }
    }
}
