import CCurl

/// Where an answer sends a client (RFC 9110, section 15.4), and whether that is another server.
struct Redirection {
    let url: String
    /// Whether scheme, host and port stay the same. Elsewhere nobody gets what is meant for this server: headers of the user's, credentials.
    let isSameOrigin: Bool

    /// - Returns: nil where the location cannot be read.
    init?(from url: String, to location: String) {
        guard let base = curl_url(), let target = curl_url() else { return nil }
        defer {
            curl_url_cleanup(base)
            curl_url_cleanup(target)
        }
        guard curl_url_set(base, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(target, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(target, CURLUPART_URL, location, 0) == CURLUE_OK
        else { return nil }
        let origin = Self.origin(of: base)
        guard let origin, let new = Self.origin(of: target), ["http", "https"].contains(new[0]) else { return nil }
        isSameOrigin = origin == new
        if isSameOrigin {
            for part in [CURLUPART_USER, CURLUPART_PASSWORD] {
                if let value = Self.text(part, of: base) { curl_url_set(target, part, value, 0) }
            }
        }
        guard let text = Self.text(CURLUPART_URL, of: target) else { return nil }
        self.url = text
    }

    private static func origin(of url: OpaquePointer) -> [String]? {
        let parts = [CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT].map { text($0, of: url)?.lowercased() }
        return parts.contains(nil) ? nil : parts.compactMap { $0 }
    }

    private static func text(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &value, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
