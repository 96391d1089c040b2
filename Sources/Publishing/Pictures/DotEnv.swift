/// The variables of a file `.env`: `NAME=value` in lines, with comments, quotes and an `export` in front, as shells and python-dotenv have them.
///
/// Nothing is put in for `$`. What is no such line is passed over.
enum DotEnv {
    static func variables(_ text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var rest = trimmed(line)
            if rest.hasPrefix("export ") { rest = trimmed(rest.dropFirst(7)) }
            guard !rest.hasPrefix("#"), let sign = rest.firstIndex(of: "=") else { continue }
            let name = trimmed(rest[..<sign])
            if !name.isEmpty { variables[String(name)] = value(trimmed(rest[rest.index(after: sign)...])) }
        }
        return variables
    }

    /// Without its quotes; without the comment behind it, which begins with a space.
    private static func value(_ text: Substring) -> String {
        if let quote = text.first, quote == "\"" || quote == "'", let end = text.dropFirst().firstIndex(of: quote) {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        let comment = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
        return String(trimmed(text.hasPrefix("#") ? "" : text[..<comment]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
