import ArgumentParser

/// What is wrong with a command line, in one line: what was typed, and what can be typed instead.
struct UsageMistake: CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - message: What the argument parser says, of which the first line is kept.
    ///   - arguments: What was typed.
    ///   - options: What the command takes.
    init(_ message: String, arguments: [String], options: [CommandDescription.Argument]) {
        // The parser tells first of what is missing, and it may be missing because its name was misspelt.
        if let unknown = Self.unknownOption(in: arguments, options: options) {
            description = unknown
            return
        }
        let line = message.split(separator: "\n").first.map(String.init) ?? message
        description = line + Self.hint(for: line, options: options)
    }

    private static func unknownOption(
        in arguments: [String], options: [CommandDescription.Argument]
    ) -> String? {
        let known = options.flatMap(\.typedNames)
        let takesValue = Set(options.filter { $0.kind == "option" }.flatMap(\.typedNames))
        var isValue = false
        for argument in arguments.prefix(while: { $0 != "--" }) {
            if isValue {
                isValue = false
                continue
            }
            guard argument.hasPrefix("-"), argument.dropFirst().contains(where: \.isLetter) else { continue }
            let name = String(argument.prefix { $0 != "=" })
            if known.contains(name) {
                isValue = takesValue.contains(argument)
                continue
            }
            let isJoined = !name.hasPrefix("--") && known.contains(String(name.prefix(2)))
            let similar = nearest(to: name, among: known)
            if isJoined && similar == nil { continue }
            return "there is no option '\(name)'" + (similar.map { ": did you mean '\($0)'?" } ?? "")
        }
        return nil
    }

    /// The long name that was meant; nil where none is near.
    private static func nearest(to name: String, among known: [String]) -> String? {
        let names = known.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        return EditDistance.nearest(to: String(name.drop { $0 == "-" }), among: names).map { "--\($0)" }
    }

    /// What is valid, where the parser says only that something is not.
    private static func hint(for line: String, options: [CommandDescription.Argument]) -> String {
        let parts = line.split(separator: "' is invalid for '", maxSplits: 1)
        guard parts.count == 2, parts[1].hasSuffix(">'") else { return "" }
        let subject = parts[1].dropLast(2)
        let name = subject.prefix { $0 != " " && $0 != "<" }
        let valueName = String(subject.drop { $0 != "<" }.dropFirst())
        if let example = examples[valueName] { return ": \(example)" }
        let option = options.first { $0.typedNames.contains(String(name)) }
        return option?.defaultValue.map { ": it looks like '\($0)'" } ?? ": a whole number"
    }

    /// By the names that values have in the help.
    private static let examples = [
        "time": "a time looks like 250ms, 10s, 1.5m or 2h",
        "auto|time": "auto, or a time like 4ms or 0",
        "bytes": "a size looks like 64KiB, 1.5MiB or 500kB",
        "address": "an address looks like localhost:2939, [::1]:2939, or :2939 for the whole network",
        "addresses": "networks look like 10.0.0.0/8 or ::1, with commas between them",
        "segment": "a start is next, current, the number of a segment, or -2, -3 … counted back from the newest",
        "split": "a split is lines, json, time=500ms, bytes=64KiB or ts",
        "soft:hard": "two whole numbers look like 100:120",
    ]
}
