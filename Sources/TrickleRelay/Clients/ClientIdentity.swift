import Logging
import NIOHTTP1
import TrickleCore

/// Who asks: one value for each request, which access, limits and the log use.
///
/// It holds the request's head. Credentials and user agent are read from there when they are asked for.
public struct ClientIdentity: Sendable, CustomStringConvertible {
    /// The version of HTTP that the client speaks.
    public enum ProtocolVersion: String, CaseIterable, Sendable {
        case http10 = "HTTP/1.0"
        case http11 = "HTTP/1.1"
        case http2 = "HTTP/2"
    }

    /// Bytes of a user agent that are kept; the rest is cut off.
    static let maximumUserAgentByteCount = 256

    /// Whom the request is for: the peer of the connection, or whom a trusted proxy names.
    public let address: ClientAddress
    /// A proxy's connection may carry requests of many clients.
    public let connection: ConnectionID
    /// Whether the connection has TLS.
    public let isSecure: Bool
    let head: RelayRequest

    init(
        address: ClientAddress = .unknown, connection: ConnectionID = .none, isSecure: Bool = false, head: RelayRequest
    ) {
        self.address = address
        self.connection = connection
        self.isSecure = isSecure
        self.head = head
    }

    /// One that no connection has.
    package init(target: String, fields: [(String, String)]) {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: HTTPHeaders(fields))
        self.init(head: RelayRequest(head))
    }

    /// What limits count by: an IPv4 address itself, of an IPv6 address its /64.
    public var household: ClientAddress { address.household }

    public var protocolVersion: ProtocolVersion { head.isHTTP2 ? .http2 : head.isHTTP10 ? .http10 : .http11 }

    /// What the client calls itself: at most 256 bytes, with a `?` for each that is not printable ASCII. Anybody can say anything here.
    public var userAgent: String? {
        guard let text = head.field("User-Agent") else { return nil }
        let bytes = text.utf8.prefix(Self.maximumUserAgentByteCount).map { byte in
            (0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: "?")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the client presents to be let in; nil for nothing that can be read. They are claims: nobody has checked them.
    public var credentials: ClientCredentials? {
        head.field("Authorization").map { ClientCredentials(authorization: $0) }
            ?? ClientCredentials(target: head.target)
            ?? head.field("Cookie").flatMap { ClientCredentials(cookies: $0) }
    }

    /// What the target says behind its `?`, as it stands there but without tokens; nil where nothing is left.
    public var query: String? {
        let behind = head.target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
        let items = behind.split(separator: UInt8(ascii: "&")).filter { item in
            let name = item.prefix { $0 != UInt8(ascii: "=") }
            return PercentEncoding.decodeText(name) != "token"
        }
        return items.isEmpty ? nil : items.map { String(Substring($0)) }.joined(separator: "&")
    }

    public var description: String { "\(address) on connection \(connection)" }

    /// Who this is, for the log: never what it presents to be let in.
    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(address)", "connection": "\(connection)"]
        if let userAgent { metadata["agent"] = "\(userAgent)" }
        return metadata
    }
}
