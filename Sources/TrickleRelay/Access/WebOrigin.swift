import TrickleCore

/// Where a web page comes from: scheme, host and port (RFC 6454, section 4), such as `https://example.org` or `http://localhost:8000`.
public struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
    let scheme: String
    let authority: WebAuthority

    /// - Parameter text: as `Origin` has it (RFC 6454, section 6.2).
    /// - Returns: nil for anything else, `null` among it.
    public init?(_ text: String) {
        let text = text.lowercased()
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://") else {
            return nil
        }
        scheme = String(text[..<colon])
        guard !scheme.isEmpty, let authority = WebAuthority(text[colon...].dropFirst(3), scheme: scheme) else {
            return nil
        }
        self.authority = authority
    }

    public var description: String { "\(scheme)://\(authority)" }
}

/// A host and its port, where the scheme's own port is as good as none.
struct WebAuthority: Hashable, CustomStringConvertible {
    /// In small letters; an IPv6 address with its brackets.
    let host: String
    /// nil for the scheme's own.
    let port: Int?

    private static let ports = ["http": 80, "https": 443]

    /// - Parameters:
    ///   - text: as `Host` has it (RFC 9110, section 7.2).
    ///   - scheme: whose own port is left out.
    init?(_ text: some StringProtocol, scheme: String) {
        let text = text.lowercased()
        let end = text.utf8.lastIndex(of: UInt8(ascii: "]")) ?? text.startIndex
        var host = text[...]
        var port: Int?
        if let colon = text[end...].utf8.lastIndex(of: UInt8(ascii: ":")) {
            host = text[..<colon]
            let digits = text[text.utf8.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits) else {
                return nil
            }
            port = Int(number)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@,".utf8.contains($0) }) else {
            return nil
        }
        self.host = String(host)
        self.port = port == Self.ports[scheme] ? nil : port
    }

    /// Whether it is this machine whatever a name server says (RFC 6761, section 6.3).
    var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        return ClientAddress(host)?.isLoopback ?? false
    }

    var description: String { port.map { "\(host):\($0)" } ?? host }
}
