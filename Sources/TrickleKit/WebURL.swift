import CCurl

/// An `http://` or `https://` URL of anything. Printed, it has neither credentials nor a query.
package struct WebURL: Sendable, Hashable, CustomStringConvertible {
    let text: String
    package let description: String

    /// - Returns: nil for what is no such URL.
    package init?(_ text: String) {
        guard let parsed = curl_url() else { return nil }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
        for secret in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT] {
            curl_url_set(parsed, secret, nil, 0)
        }
        var pointer: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, CURLUPART_URL, &pointer, 0) == CURLUE_OK, let pointer else { return nil }
        defer { curl_free(pointer) }
        description = String(cString: pointer)
        guard description.hasPrefix("http://") || description.hasPrefix("https://") else { return nil }
        self.text = text
    }
}
