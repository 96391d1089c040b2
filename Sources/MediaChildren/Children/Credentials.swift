import TrickleCore

/// Names and passwords in URLs: put in where they belong, and taken out of all that is shown.
package enum Credentials {
    /// What stands in the place of a secret.
    static let mark = "…"

    /// Parts of a query that are secrets by their name, as in `srt://host:9000?passphrase=…`.
    private static let secretNames: Set<String> = [
        "auth", "key", "pass", "passphrase", "password", "pwd", "secret", "sig", "signature", "streamkey", "token",
    ]

    /// The same text with the credentials of every URL in it replaced.
    ///
    /// What stands before the last `@` of an authority (RFC 3986, 3.2.1) goes, and the values of a query's secrets.
    package static func hidden(in text: String) -> String {
        guard text.contains("://") else { return text }
        var result = ""
        var rest = text[...]
        while let separator = rest.firstRange(of: "://") {
            result += rest[..<separator.upperBound]
            rest = rest[separator.upperBound...]
            // A path may have an '@', too, and a password quotes, semicolons and, if it is careless, slashes: better to hide too much than
            // too little.
            let url = rest[..<(rest.firstRange(of: "://")?.lowerBound ?? rest.endIndex)].prefix { !$0.isWhitespace }
            rest = rest[url.endIndex...]
            result += shown(url)
        }
        return result + rest
    }

    /// What may be shown of a URL from behind its `://`.
    private static func shown(_ url: Substring) -> String {
        let pathEnd = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        var path = url[..<pathEnd]
        var result = ""
        if let at = path.lastIndex(of: "@"), at != path.startIndex {
            result = mark
            path = path[at...]
        }
        result += path
        var query = url[pathEnd...]
        while let first = query.first {
            result.append(first)
            let part = query.dropFirst().prefix { $0 != "&" }
            query = query.dropFirst(part.count + 1)
            let name = part.prefix { $0 != "=" }
            let isSecret = name.count < part.count && secretNames.contains(name.lowercased())
            result += isSecret ? "\(name)=\(mark)" : String(part)
        }
        return result
    }

    /// The URL with `user:password` in it, percent-encoded, unless it has credentials already.
    package static func add(_ credentials: String, to url: String) -> String {
        guard let separator = url.firstRange(of: "://") else { return url }
        let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
        if authority.contains("@") { return url }
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let encoded = parts.map { PercentEncoding.encode($0.utf8) }.joined(separator: ":")
        return "\(url[..<separator.upperBound])\(encoded)@\(url[separator.upperBound...])"
    }
}
