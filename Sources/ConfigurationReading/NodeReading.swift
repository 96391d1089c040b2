import CommandFrame
import YAML

/// What reads nodes of a configuration, and gathers all mistakes instead of stopping at the first.
package protocol NodeReading {
    /// The name that mistakes begin with.
    var file: String { get }
    var mistakes: [ConfigurationMistake] { get set }
}

extension NodeReading {
    /// The values of a mapping by their names; those that are not known are mistakes.
    ///
    /// - Parameter what: Begins the message, as "'defaults'".
    package mutating func fields(of node: YAMLNode, _ what: String, known: [String]) -> [String: YAMLNode] {
        guard let mapping = node.mapping else {
            report("\(what) has to map names to values: \(known.joined(separator: ", "))", at: node)
            return [:]
        }
        var fields: [String: YAMLNode] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.text ?? "?"
            if known.contains(name) {
                fields[name] = value
            } else {
                report(
                    "'\(name)' is not known here: \(what) has \(known.joined(separator: ", "))"
                        + Self.suggestion(for: name, among: known), at: key)
            }
        }
        return fields
    }

    /// - Parameter what: Begins the message, as "'stall'".
    package mutating func text(of node: YAMLNode, _ what: String) -> String? {
        if let scalar = node.scalar, !scalar.isNull, !scalar.text.isEmpty { return scalar.text }
        report("\(what) has to be a text", at: node)
        return nil
    }

    package mutating func isTrue(_ node: YAMLNode, _ what: String) -> Bool {
        if let value = node.scalar?.bool { return value }
        report("\(what) has to be true or false", at: node)
        return false
    }

    package mutating func report(_ message: String, at node: YAMLNode) {
        report(message, at: node.place)
    }

    package mutating func report(_ message: String, at place: YAMLPlace) {
        mistakes.append(
            ConfigurationMistake(file: file, line: place.line, column: place.column, message: message))
    }

    /// Ends a message with the word that was meant; empty where none is near.
    package static func suggestion(for word: String, among known: [String]) -> String {
        EditDistance.nearest(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }
}
