import TrickleCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a client presents to be let in. Printed, it tells only of which kind it is.
public enum ClientCredentials: Sendable, Equatable {
    /// `Authorization: Bearer …` (RFC 6750, section 2.1).
    case bearer(String)
    /// `Authorization: Basic …` (RFC 7617).
    case basic(user: String, password: String)
    /// `?token=…`, for players that send no fields of their own.
    case token(String)
    /// The token that a browser keeps for the page (RFC 6265). It comes with whatever a page has the browser ask for, so that it lets nobody
    /// change anything.
    case cookie(String)

    /// What the page's cookie is called.
    public static let cookieName = "trickle-token"

    /// - Parameter text: the value of `Authorization`.
    /// - Returns: nil for other schemes, and for what breaks the rules of its scheme.
    init?(authorization text: String) {
        let text = text.utf8
        let scheme = text.prefix { $0 != UInt8(ascii: " ") }
        let rest = text[scheme.endIndex...].drop { $0 == UInt8(ascii: " ") }
        guard !rest.isEmpty else { return nil }
        switch Substring(scheme).lowercased() {
        case "bearer": self = .bearer(String(Substring(rest)))
        case "basic":
            // Only what it encodes to: bits that no byte has are left out without a word.
            guard let text = String(rest), let bytes = Data(base64Encoded: text), bytes.base64EncodedString() == text,
                let pair = String(validating: bytes, as: UTF8.self),
                let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            self = .basic(
                user: String(pair[..<colon]), password: String(pair[pair.utf8.index(after: colon)...]))
        default: return nil
        }
    }

    /// - Parameter target: as in the request line; of several tokens the last one counts, as with all parts of a query.
    init?(target: String) {
        let target = target.utf8
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let query = target[target.index(after: mark)...].prefix { $0 != UInt8(ascii: "#") }
        let name = "token=".utf8
        guard let item = query.split(separator: UInt8(ascii: "&")).last(where: { $0.starts(with: name) }),
            let token = PercentEncoding.decodeText(item.dropFirst(name.count)), !token.isEmpty
        else { return nil }
        self = .token(token)
    }

    /// - Parameter cookies: the value of `Cookie` (RFC 6265, section 4.2.1); of several of one name the first counts, which has the closest
    ///   path.
    init?(cookies: String) {
        let name = "\(Self.cookieName)=".utf8
        for pair in cookies.utf8.split(separator: UInt8(ascii: ";")) {
            let pair = pair.drop { $0 == UInt8(ascii: " ") }
            guard pair.starts(with: name) else { continue }
            guard let token = PercentEncoding.decodeText(pair.dropFirst(name.count)), !token.isEmpty else { return nil }
            self = .cookie(token)
            return
        }
        return nil
    }
}

extension ClientCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        switch self {
        case .bearer: "a bearer token"
        case .basic: "a user's password"
        case .token: "a token of the URL"
        case .cookie: "the page's cookie"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
