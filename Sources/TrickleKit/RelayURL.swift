import CCurl

/// Where a relay is: `http://` or `https://`, host (IPv6 in brackets), port, base path, credentials.
///
/// `localhost:2939` is short for `http://localhost:2939`.
public struct RelayURL: Sendable, Hashable {
    /// Scheme, host, port and base path, without a slash at the end and without credentials.
    let base: String
    /// The host as people write it, for messages.
    public let host: String
    let user: String?
    let password: String?

    /// - Throws: ``InvalidRelayURL`` with what is wrong with `text`.
    public init(_ text: String) throws(InvalidRelayURL) {
        func invalid(_ reason: String) -> InvalidRelayURL {
            InvalidRelayURL(text: Self.withoutPassword(text), reason: reason)
        }
        guard let parsed = curl_url() else { throw invalid("could not be read for lack of memory") }
        defer { curl_url_cleanup(parsed) }
        let whole = text.contains("://") ? text : "http://" + text
        let result = curl_url_set(parsed, CURLUPART_URL, whole, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard result == CURLUE_OK else { throw invalid(Self.reason(result)) }
        func part(_ which: CURLUPart, decoded: Bool = false) -> String? {
            var pointer: UnsafeMutablePointer<CChar>?
            let flags = decoded ? UInt32(CURLU_URLDECODE) : 0
            guard curl_url_get(parsed, which, &pointer, flags) == CURLUE_OK, let pointer else { return nil }
            defer { curl_free(pointer) }
            return String(cString: pointer)
        }
        let scheme = part(CURLUPART_SCHEME) ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw invalid("begins with '\(scheme)://' rather than http:// or https://")
        }
        guard var host = part(CURLUPART_HOST), !host.isEmpty else { throw invalid("names no host") }
        // A link-local address means something on one interface only, which libcurl keeps apart (RFC 6874).
        if let zone = part(CURLUPART_ZONEID), host.hasSuffix("]") { host = "\(host.dropLast())%25\(zone)]" }
        if part(CURLUPART_QUERY) != nil { throw invalid("has a query ('?')") }
        if part(CURLUPART_FRAGMENT) != nil { throw invalid("has a fragment ('#')") }
        let port = part(CURLUPART_PORT).map { ":\($0)" } ?? ""
        var path = part(CURLUPART_PATH) ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        self.host = host
        base = "\(scheme)://\(host)\(port)\(path)"
        user = part(CURLUPART_USER, decoded: true)
        password = part(CURLUPART_PASSWORD, decoded: true)
    }

    private static func reason(_ result: CURLUcode) -> String {
        switch result {
        case CURLUE_BAD_PORT_NUMBER: "has a port that is not a number from 1 to 65535"
        case CURLUE_NO_HOST, CURLUE_BAD_HOSTNAME: "names no host, or one with characters that hosts do not have"
        case CURLUE_BAD_IPV6: "has an IPv6 address that is not one"
        case CURLUE_UNSUPPORTED_SCHEME, CURLUE_BAD_SCHEME: "begins with something other than http:// or https://"
        default: "cannot be read (\(String(cString: curl_url_strerror(result))))"
        }
    }

    /// What can be shown of a text that may hold credentials.
    private static func withoutPassword(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = text.contains("://") ? text.prefix { $0 != ":" } + "://" : ""
        return scheme + "…" + text[at...]
    }

    /// The URL of a channel, or of a segment in it, percent-encoded and without credentials.
    public func url(channel: ChannelName, position: SegmentPosition? = nil) -> String {
        url(channel: channel, part: position?.description)
    }

    /// Where whole segments are posted that the relay numbers: docs/frames.md.
    func ingestURL(channel: ChannelName) -> String { "\(base)/ingest/\(channel.percentEncoded)" }

    /// The URL below the channel's own: a position, or `next`.
    func url(channel: ChannelName, part: String?) -> String {
        let channelURL = "\(base)/\(channel.percentEncoded)"
        guard let part else { return channelURL }
        return "\(channelURL)/\(part)"
    }
}

extension RelayURL: CustomStringConvertible {
    /// The URL without its credentials: safe to log.
    public var description: String { base }
}

/// Why a text is not the URL of a relay.
public struct InvalidRelayURL: Error, Equatable, CustomStringConvertible {
    public let text: String
    /// Completes the sentence "… is not the URL of a relay: it …".
    public let reason: String

    public var description: String {
        "'\(text)' is not the URL of a relay: it \(reason); expected something like http://localhost:2939"
    }
}
