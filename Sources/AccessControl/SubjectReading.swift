import CommandFrame
import ConfigurationReading
import TrickleRelay
import YAML

// Whom a rule is for: 'anybody', or a mapping whose kind one of its names tells.
extension AccessReader {
    private static let kinds = ["address", "user", "token", "jwt", "hook"]
    private static let example = "'anybody', or one of {address: …}, {user: …}, {token: …}, {jwt: …}, {hook: …}"

    private static func options(of kind: String) -> [String] {
        switch kind {
        case "user": ["password", "digest-ha1"]
        case "jwt": ["audience", "algorithm"]
        case "hook": ["cache"]
        default: []
        }
    }

    /// - Returns: nil where it has a mistake, which is told.
    mutating func subject(_ node: YAMLNode) -> AccessSubject? {
        guard let mapping = node.mapping else {
            guard let text = node.scalar?.text, text == "anybody" else {
                let suggestion = Self.suggestion(for: node.scalar?.text ?? "", among: ["anybody"])
                report("whom a rule is for is \(Self.example)\(suggestion)", at: node)
                return nil
            }
            return .anybody
        }
        let named = mapping.filter { Self.kinds.contains($0.key.scalar?.text ?? "") }
        guard named.count == 1, let kind = named[0].key.scalar?.text else {
            let suggestion = mapping.first?.key.scalar.map { Self.suggestion(for: $0.text, among: Self.kinds) } ?? ""
            report("whom a rule is for is \(Self.example)\(suggestion)", at: node)
            return nil
        }
        let fields = fields(of: node, "'\(kind)'", known: [kind] + Self.options(of: kind))
        let value = named[0].value
        guard let text = text(of: value, "'\(kind)'") else { return nil }
        return switch kind {
        case "address": addresses(text, at: value)
        case "user": user(text, at: value, fields)
        case "token": token(text, at: value)
        case "jwt": jwt(text, at: value, fields)
        default: hook(text, at: value, fields)
        }
    }

    private mutating func addresses(_ text: String, at node: YAMLNode) -> AccessSubject? {
        if let range = AddressRange(text) { return .addresses(range) }
        report(
            "'\(text)' is no range of addresses: write an IP address, or a range as 10.0.0.0/8 or fd00::/8", at: node)
        return nil
    }

    private mutating func token(_ text: String, at node: YAMLNode) -> AccessSubject? {
        if text.utf8.count >= 16, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return .token(text) }
        report(
            "a token has 16 or more printable ASCII characters, and no spaces, so that nobody guesses it: "
                + "'openssl rand -hex 16' makes one", at: node)
        return nil
    }

    // MARK: Users

    private mutating func user(_ name: String, at node: YAMLNode, _ fields: [String: YAMLNode]) -> AccessSubject? {
        if name.contains(":") {
            report("a user's name has no ':', which ends it where a client sends it", at: node)
            return nil
        }
        let password = fields["password"].flatMap { passwordHash($0) }
        let digest = fields["digest-ha1"].flatMap { digestHA1($0) }
        if fields["password"] == nil, fields["digest-ha1"] == nil { mentions.append((name, node)) }
        var known = rules.users[name] ?? UserSecrets()
        if let password, let before = known.password, before != password, let node = fields["password"] {
            report(
                "'\(name)' has another password in a rule before: give it once, and only the name elsewhere", at: node)
        }
        if let digest, let before = known.digestHA1, before != digest, let node = fields["digest-ha1"] {
            report(
                "'\(name)' has another digest-ha1 in a rule before: give it once, and only the name elsewhere", at: node
            )
        }
        known.password = known.password ?? password
        known.digestHA1 = known.digestHA1 ?? digest
        // What has a mistake is no missing password besides.
        if fields["password"] != nil || fields["digest-ha1"] != nil { rules.users[name] = known }
        return .user(name)
    }

    private mutating func passwordHash(_ node: YAMLNode) -> PasswordHash? {
        guard let text = text(of: node, "'password'") else { return nil }
        if let hash = PasswordHash(text) {
            guard let excess = PasswordCost(text).excess else { return hash }
            report(
                "'password' takes too long to check: it has \(excess); 'trickle-token --hash-password' makes another",
                at: node)
            return nil
        }
        report(
            "'password' is no hash of a password: 'trickle-token --hash-password' makes one. "
                + "It begins with '$2b$' or '$y$'; put it in quotes", at: node)
        return nil
    }

    private mutating func digestHA1(_ node: YAMLNode) -> String? {
        guard let text = text(of: node, "'digest-ha1'")?.lowercased() else { return nil }
        if text.utf8.count == 32, text.utf8.allSatisfy({ $0 < 0x80 && Character(UnicodeScalar($0)).isHexDigit }) {
            return text
        }
        report(
            "'digest-ha1' is 32 hex digits, the MD5 hash of USER:REALM:PASSWORD: "
                + "'printf USER:REALM:PASSWORD | md5sum' makes it", at: node)
        return nil
    }

    // MARK: What others decide

    private mutating func jwt(_ text: String, at node: YAMLNode, _ fields: [String: YAMLNode]) -> AccessSubject? {
        var settings: JWTSettings
        if text.contains("://") {
            guard isURL(text, at: node) else { return nil }
            settings = JWTSettings(.url(text))
        } else {
            settings = JWTSettings(.file(text.hasPrefix("/") ? text : folder + text))
        }
        settings.audience = fields["audience"].flatMap { self.text(of: $0, "'audience'") }
        if let node = fields["algorithm"] {
            settings.algorithm = self.text(of: node, "'algorithm'").flatMap(JWTSettings.Algorithm.init)
            if settings.algorithm == nil {
                let names = JWTSettings.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
                report("'algorithm' is one of \(names)", at: node)
                return nil
            }
        }
        return made(at: node) { reader in
            if reader.rules.verifiers[settings] == nil {
                reader.rules.verifiers[settings] = try reader.factories.verifier(settings)
            }
            return .jwt(settings)
        }
    }

    private mutating func hook(_ text: String, at node: YAMLNode, _ fields: [String: YAMLNode]) -> AccessSubject? {
        guard isURL(text, at: node) else { return nil }
        var settings = HookSettings(url: text)
        if let node = fields["cache"] {
            guard let time = node.scalar.flatMap({ DurationArgument(argument: $0.text) })?.duration else {
                report("'cache' has to be a time, such as 500ms, 10s or 1.5m; 0 asks each time", at: node)
                return nil
            }
            settings.cache = time
        }
        return made(at: node) { reader in
            if reader.rules.hooks[settings] == nil {
                reader.rules.hooks[settings] = try reader.factories.hook(settings)
            }
            return .hook(settings)
        }
    }

    private mutating func made(
        at node: YAMLNode, _ make: (inout AccessReader) throws -> AccessSubject
    ) -> AccessSubject? {
        do { return try make(&self) } catch {
            report("\(error)", at: node)
            return nil
        }
    }

    private mutating func isURL(_ text: String, at node: YAMLNode) -> Bool {
        let scheme = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }
        let host = text.dropFirst(scheme?.count ?? 0).prefix { !"/?#".contains($0) }
        if scheme != nil, !host.isEmpty, !host.hasPrefix(":"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            return true
        }
        report("the URL has to look like http://HOST/PATH or https://HOST/PATH", at: node)
        return false
    }
}
