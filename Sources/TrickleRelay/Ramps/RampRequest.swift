import TrickleCore

/// A GET or HEAD of a path that is not the protocol's.
public struct RampRequest: Sendable {
    /// The parts of the path below the relay's base path, percent-decoded; none for the base path itself.
    public let path: [String]
    /// What the target says behind its `?`, percent-decoded; of equal names the last.
    public let query: [String: String]
    /// Whether only the answer's head is asked for.
    public var isHead: Bool { head.method == .head }
    /// HTTP/1.0: players of old.
    public var isHTTP10: Bool { head.isHTTP10 }
    private let head: RelayRequest

    /// The field's first value; nil when it is absent or empty.
    public func field(_ name: String) -> String? { head.field(name) }

    /// What can be asked of such a path; ramps see no OPTIONS.
    static let methods: [RelayRequest.Method] = [.get, .head, .options]

    /// - Returns: nil for other methods, for a path outside the base path, and where text is wrongly encoded.
    init?(_ request: RelayRequest, basePath: BasePath) {
        guard let method = request.method, Self.methods.contains(method),
            let target = try? RequestRoute.path(of: request.target), var parts = basePath.parts(below: target)
        else { return nil }
        if parts.last?.isEmpty == true { parts.removeLast() }
        var path: [String] = []
        for part in parts {
            guard let text = PercentEncoding.decodeText(part.utf8) else { return nil }
            path.append(text)
        }
        guard let query = Self.query(of: request.target) else { return nil }
        self.path = path
        self.query = query
        head = request
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
