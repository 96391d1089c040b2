import TrickleCore

/// A request target as ramps see it.
struct RampTarget {
    /// The parts of the path below the relay's base path, percent-decoded; none for the base path itself.
    let path: [String]
    /// What stands behind the `?`, percent-decoded; of equal names the last.
    let query: [String: String]

    /// - Returns: nil for a path outside the base path, and where text is wrongly encoded.
    init?(_ target: String, basePath: BasePath) {
        guard let path = try? RequestRoute.path(of: target), var parts = basePath.parts(below: path) else { return nil }
        if parts.last?.isEmpty == true { parts.removeLast() }
        var decoded: [String] = []
        for part in parts {
            guard let text = PercentEncoding.decodeText(part.utf8) else { return nil }
            decoded.append(text)
        }
        guard let query = Self.query(of: target) else { return nil }
        self.path = decoded
        self.query = query
    }

    private static func query(of target: String) -> [String: String]? {
        let text = target.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" }
        var query: [String: String] = [:]
        for item in text.split(separator: "&") {
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decodeText(halves[0].utf8),
                let value = PercentEncoding.decodeText((halves.count == 2 ? halves[1] : "").utf8)
            else {
                return nil
            }
            query[name] = value
        }
        return query
    }
}
