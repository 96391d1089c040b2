/// A host and a port: `HOST:PORT`, `[ADDRESS]:PORT` for IPv6, or `:PORT`.
public struct NetworkAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or an address, IPv6 without brackets; empty for all interfaces.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameters:
    ///   - text: As it is typed.
    ///   - ports: What the port may be.
    /// - Returns: nil where the text is something else.
    public init?(_ text: some StringProtocol, ports: ClosedRange<Int> = 1...65_535) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), ports.contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard host.allSatisfy({ !$0.isWhitespace && !"/?#@".contains($0) }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// The host as it stands in a URL.
    public var urlHost: String { host.contains(":") ? "[\(host)]" : host }

    public var description: String { "\(urlHost):\(port)" }
}
