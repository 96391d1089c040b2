import ChildProcesses
import ConfigurationReading
import MediaChildren
import Publishing
import TrickleCore
import YAML

/// What a source is made of, apart from the YAML.
enum SourceReading {
    /// The names that say what kind of source a mapping is.
    static let kinds = ["url", "pipe", "file", "unix", "command"]

    /// What goes with each kind.
    static func options(of kind: String) -> [String] {
        switch kind {
        case "url": ["headers", "insecure", "interface"]
        case "file": ["loop", "realtime"]
        default: []
        }
    }

    /// Why a text is no source, and what to write instead.
    struct Refusal: Error {
        let reason: String
    }

    /// Reads `http://…`, `tcp://…`, `udp://…`, `rtp://…`, `unix:…`, `file:…`, or a path.
    static func source(_ text: String, folder: String) throws(Refusal) -> SourcePlan.Kind {
        let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        let rest = text.dropFirst(scheme.count)
        guard !scheme.isEmpty, rest.hasPrefix("://") || (rest.hasPrefix(":") && ["unix", "file"].contains(scheme))
        else {
            return .path(path(text, folder: folder))
        }
        let address = rest.drop { $0 == ":" }.drop(upTo: "//")
        switch scheme.lowercased() {
        case "http", "https": return try http(text, address)
        case "tcp":
            guard let network = NetworkAddress(address), !network.host.isEmpty else {
                throw Refusal(reason: "'\(text)' has to look like tcp://HOST:PORT")
            }
            return .tcp(network)
        case "udp", "rtp": return .udp(try datagrams(address, in: text))
        case "unix": return .unixSocket(path: path(String(address), folder: folder))
        case "file":
            return .file(path: path(String(address), folder: folder), isRepeated: false, isPaced: true)
        default:
            throw Refusal(
                reason: "'\(scheme)://' brings no MPEG-TS by itself: let a program make it, as in "
                    + "'command: ffmpeg -v error -i \(Credentials.hidden(in: text)) -c copy -f mpegts -'")
        }
    }

    /// A path that is relative begins at the folder of the configuration.
    static func path(_ text: String, folder: String) -> String { text.hasPrefix("/") ? text : folder + text }

    private static func http(_ text: String, _ address: Substring) throws(Refusal) -> SourcePlan.Kind {
        let authority = address.prefix { !"/?#".contains($0) }
        let host = authority[(authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex)...]
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard isPlain, !host.isEmpty, !host.hasPrefix(":") else {
            throw Refusal(reason: "'\(Credentials.hidden(in: text))' has to look like http://HOST/PATH")
        }
        return .http(url: text, fields: [], isInsecure: false)
    }

    /// `GROUP:PORT`, `SENDER@GROUP:PORT`, `:PORT`.
    private static func datagrams(_ address: Substring, in text: String) throws(Refusal) -> DatagramAddress {
        let parts = address.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let sender = parts.count == 2 && !parts[0].isEmpty ? String(parts[0]) : nil
        guard let local = NetworkAddress(parts[parts.count - 1]) else {
            throw Refusal(
                reason: "'\(text)' has to look like udp://GROUP:PORT, udp://SENDER@GROUP:PORT or udp://:PORT")
        }
        return DatagramAddress(local: local, sender: sender)
    }
}

extension Substring {
    fileprivate func drop(upTo prefix: String) -> Substring { hasPrefix(prefix) ? dropFirst(prefix.count) : self }
}

// A source is a text, or a mapping with options.
extension ConfigurationReader {
    mutating func source(_ node: YAMLNode) -> SourcePlan? {
        guard let mapping = node.mapping else {
            guard let text = text(of: node, "a source") else { return nil }
            return plan(text, at: node)
        }
        let named = mapping.filter { SourceReading.kinds.contains($0.key.scalar?.text ?? "") }
        guard named.count == 1, let kind = named[0].key.scalar?.text else {
            report("a source has one of \(SourceReading.kinds.joined(separator: ", "))", at: node)
            return nil
        }
        let fields = fields(of: node, "'\(kind)'", known: [kind] + SourceReading.options(of: kind))
        guard let value = fields[kind] else { return nil }
        if kind == "command" { return command(value) }
        guard let text = text(of: value, "'\(kind)'") else { return nil }
        let path = SourceReading.path(text, folder: folder)
        switch kind {
        case "url": return url(text, at: value, fields)
        case "pipe": return SourcePlan(.pipe(path: path))
        case "unix": return SourcePlan(.unixSocket(path: path))
        default:
            let isRepeated = fields["loop"].map { isTrue($0, "'loop'") } ?? false
            let isPaced = fields["realtime"].map { isTrue($0, "'realtime'") } ?? true
            if isRepeated && !isPaced, let node = fields["realtime"] {
                report("a file that is repeated for ever has to be sent in real time", at: node)
            }
            return SourcePlan(.file(path: path, isRepeated: isRepeated, isPaced: isPaced))
        }
    }

    private mutating func plan(_ text: String, at node: YAMLNode) -> SourcePlan? {
        do throws(SourceReading.Refusal) {
            return SourcePlan(try SourceReading.source(text, folder: folder))
        } catch {
            report(error.reason, at: node)
            return nil
        }
    }

    private mutating func url(_ text: String, at node: YAMLNode, _ fields: [String: YAMLNode]) -> SourcePlan? {
        let plan = plan(text, at: node)
        switch plan?.kind {
        case .http(let url, _, _):
            reportAll(in: fields, ["interface"], "goes with udp://")
            return SourcePlan(
                .http(
                    url: url, fields: fields["headers"].map { headers($0) } ?? [],
                    isInsecure: fields["insecure"].map { isTrue($0, "'insecure'") } ?? false))
        case .udp(var address):
            reportAll(in: fields, ["headers", "insecure"], "goes with http:// and https://")
            if let node = fields["interface"] { address.interface = self.text(of: node, "'interface'") }
            return SourcePlan(.udp(address))
        case .path:
            report("'\(text)' is no URL: write 'file: \(text)' or 'pipe: \(text)'", at: node)
            return nil
        default:
            reportAll(in: fields, ["interface"], "goes with udp://")
            reportAll(in: fields, ["headers", "insecure"], "goes with http:// and https://")
            return plan
        }
    }

    private mutating func reportAll(in fields: [String: YAMLNode], _ names: [String], _ reason: String) {
        for name in names { if let node = fields[name] { report("'\(name)' \(reason)", at: node) } }
    }

    private mutating func headers(_ node: YAMLNode) -> [SourcePlan.HTTPField] {
        guard let mapping = node.mapping else {
            report("'headers' has to map names to values, as in 'Authorization: Bearer abc'", at: node)
            return []
        }
        return mapping.compactMap { key, value in
            guard let name = text(of: key, "a header's name"), let text = text(of: value, "a header") else {
                return nil
            }
            // What curl would not take either (RFC 9110, section 5.1).
            let isToken = name.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0)
            }
            guard isToken, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                report("the header '\(name)' has characters that HTTP does not allow", at: key)
                return nil
            }
            return SourcePlan.HTTPField(name: name, value: text)
        }
    }

    /// Words as a shell would split them, or a list of words.
    private mutating func command(_ node: YAMLNode) -> SourcePlan? {
        var words: [String]?
        if let list = node.sequence {
            words = list.compactMap { $0.scalar?.text }
            if words?.count != list.count {
                report("'command' as a list has to consist of texts", at: node)
                return nil
            }
        } else if let text = text(of: node, "'command'") {
            words = ShellWords.split(text)
            if words == nil { report("'command' has a quote that is not closed", at: node) }
        }
        guard let words else { return nil }
        guard let program = words.first, !program.isEmpty else {
            report("'command' is empty", at: node)
            return nil
        }
        let isPath = program.contains("/")
        return SourcePlan(
            .command(
                (isPath ? [SourceReading.path(program, folder: folder)] : [program]) + words.dropFirst(), folder: folder
            ))
    }
}
