import TrickleCore
import TrickleKit
import TrickleRelay

/// Who may announce streams.
///
/// A web page in a browser on this machine reaches the listener, too. Its requests bear an `Origin`; or, where the page has had its own name
/// lead here, a `Host` that is not the listener's.
public struct HookAccess: Sendable {
    /// What is known of a request besides what it asks for.
    public struct Request: Sendable {
        /// The address of whom it comes from, in digits; nil where it has none.
        public var source: String?
        public var host: String?
        public var origin: String?
        public var credentials: ClientCredentials?

        public init(source: String?, host: String?, origin: String?, credentials: ClientCredentials?) {
            self.source = source
            self.host = host
            self.origin = origin
            self.credentials = credentials
        }

        var bearerToken: String? {
            if case .bearer(let token) = credentials { token } else { nil }
        }

        var isFromHere: Bool {
            guard let source else { return true }
            return source == "::1" || source.hasPrefix("127.") || source.hasPrefix("::ffff:127.")
        }
    }

    private let hosts: [String]
    private let secret: String?

    /// - Parameters:
    ///   - hosts: Names of the listener, besides `localhost` and addresses in digits, which nobody else can have lead here.
    ///   - secret: What each request has to bring; nil for none.
    public init(hosts: [String] = [], secret: String? = nil) {
        self.hosts = hosts.map { $0.lowercased() }
        self.secret = secret
    }

    /// - Parameter query: What follows on the `?` of the target.
    /// - Returns: Why the request is refused; nil where it is not.
    func refusal(of request: Request, query: Substring, isForm: Bool) -> String? {
        if request.origin != nil { return "announcements of web pages are not taken" }
        if let secret {
            let given = [request.bearerToken, Self.secret(in: query)].compactMap { $0 }
            let isRight = given.contains { ConstantTime.equal($0, secret) }
            return isRight ? nil : "the secret of --hook-secret is missing, or is another"
        }
        if let host = request.host, !isOwn(host) {
            return "the Host is not this listener's: use its address, or --hook-secret"
        }
        if isForm, !request.isFromHere { return "forms from other machines need --hook-secret" }
        return nil
    }

    private func isOwn(_ host: String) -> Bool {
        var name = host.lowercased()[...]
        if name.hasPrefix("[") { return name.utf8.dropFirst().allSatisfy { "0123456789abcdef:.]%".utf8.contains($0) } }
        if let colon = name.lastIndex(of: ":") {
            guard name[name.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return false
            }
            name = name[..<colon]
        }
        let isAddress = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0.count <= 3 && $0.allSatisfy { (0x30...0x39).contains($0) }
        }
        return isAddress || name == "localhost" || hosts.contains(String(name))
    }

    private static func secret(in query: Substring) -> String? {
        for field in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = "secret=".utf8
            guard field.starts(with: name) else { continue }
            return PercentEncoding.decodeText(field.dropFirst(name.count))
        }
        return nil
    }
}
