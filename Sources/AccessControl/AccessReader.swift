import ConfigurationReading
import TrickleCore
import TrickleRelay
import YAML

/// Reads the section `access` of the configuration, and gathers all mistakes in it.
public struct AccessReader: NodeReading {
    package let file: String
    /// What relative paths begin at, with a slash at its end; empty for the working directory.
    let folder: String
    let factories: AccessFactories
    public package(set) var mistakes: [ConfigurationMistake] = []
    var rules = AccessRules()
    /// Where rules name users without saying how they show who they are.
    var mentions: [(user: String, node: YAMLNode)] = []

    /// - Parameters:
    ///   - file: The name that mistakes begin with.
    ///   - folder: What relative paths begin at, with a slash at its end; empty for the working directory.
    public init(file: String, folder: String, factories: AccessFactories) {
        self.file = file
        self.folder = folder
        self.factories = factories
    }

    /// - Parameter node: The section's value.
    /// - Returns: The rules; only good where there are no ``mistakes``.
    public mutating func read(_ node: YAMLNode) -> AccessRules {
        guard let list = node.sequence, !list.isEmpty else {
            report("'access' has to be a list of rules, as in '- {allow: [read, list], to: anybody}'", at: node)
            return rules
        }
        for rule in list { read(rule: rule) }
        for (user, node) in mentions where rules.users[user] == nil {
            report(
                "no rule says how '\(user)' shows who that is: write {user: \(user), password: HASH} in one of them",
                at: node)
        }
        return rules
    }

    private mutating func read(rule node: YAMLNode) {
        let fields = fields(of: node, "a rule", known: ["allow", "channels", "to"])
        guard let mapping = node.mapping else { return }
        // What is written wrongly is not missing besides.
        let isComplete = fields.count == mapping.count
        var subjects: [AccessSubject] = []
        if let to = fields["to"] {
            subjects = list(to, "'to'").compactMap { subject($0) }
        } else if isComplete {
            report("the rule does not say whom it is for: write 'to: anybody', or whom", at: node)
        }
        var permissions = Set(AccessPermission.allCases)
        if let allow = fields["allow"] {
            permissions = self.permissions(allow)
        } else if isComplete, subjects.contains(where: { !$0.saysPermissions }) {
            report(
                "the rule does not say what it allows: write 'allow: [\(Self.permissionNames)]', or some of it",
                at: node)
        }
        let channels = fields["channels"].map { list($0, "'channels'").compactMap { pattern($0) } }
        rules.rules.append(AccessRule(permissions, channels: channels ?? [.all], to: subjects))
    }

    /// The nodes of a list, or the one that stands for a list of one.
    private mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode] {
        guard let list = node.sequence else { return [node] }
        if list.isEmpty { report("\(what) is an empty list: the rule would be for nothing", at: node) }
        return list
    }

    // MARK: What

    private static let permissionNames = AccessPermission.allCases.map(\.rawValue).joined(separator: ", ")

    private mutating func permissions(_ node: YAMLNode) -> Set<AccessPermission> {
        var permissions: Set<AccessPermission> = []
        for node in list(node, "'allow'") {
            guard let text = text(of: node, "what is allowed") else { continue }
            if text == "all" {
                permissions.formUnion(AccessPermission.allCases)
            } else if let permission = AccessPermission(rawValue: text) {
                permissions.insert(permission)
            } else {
                report(
                    "'\(text)' cannot be allowed: there are \(Self.permissionNames), or all"
                        + Self.suggestion(for: text, among: AccessPermission.allCases.map(\.rawValue) + ["all"]),
                    at: node)
            }
        }
        return permissions
    }

    private mutating func pattern(_ node: YAMLNode) -> ChannelPattern? {
        guard let text = text(of: node, "the name of a channel") else { return nil }
        guard let pattern = ChannelPattern(text) else {
            report(
                "'\(text)' is the name of no channel: write a name, or how names begin and a '*' behind that, as 'cam*'",
                at: node)
            return nil
        }
        if pattern.isInternal {
            report(
                "names that begin with '_' are the relay's own: what is made from a channel is allowed with it, and "
                    + "'_changes' with 'list' of '*'", at: node)
            return nil
        }
        return pattern
    }
}

extension AccessSubject {
    /// Whether it says by itself what is allowed, so that its rule need not.
    fileprivate var saysPermissions: Bool {
        switch self {
        case .jwt, .hook: true
        case .anybody, .addresses, .user, .token: false
        }
    }
}
