import CCurl
import CurlShims
import TrickleCore

extension RunningTransfer {
    /// Network reads and writes of at most 64 KiB each.
    private static let bufferBytes = 64 << 10

    /// - Returns: the list of headers, which curl uses until the handle is freed.
    /// - Throws: ``TransferFailure`` when curl refuses an option.
    func configure(
        _ request: TransferRequest, errorText: UnsafeMutablePointer<CChar>
    ) throws(TransferFailure) -> UnsafeMutablePointer<curl_slist>? {
        set(CURLOPT_NOSIGNAL, 1)
        curl_shim_setopt_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        setVersion(of: request)
        set(CURLOPT_BUFFERSIZE, Self.bufferBytes)
        set(CURLOPT_UPLOAD_BUFFERSIZE, Self.bufferBytes)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 15)
        set(CURLOPT_TCP_KEEPINTVL, 15)
        curl_shim_limit_keepalive_probes(easy)
        try applyConfiguration(request.configuration, peer: request.peer)
        if request.needsNewConnection { set(CURLOPT_FRESH_CONNECT, 1) }
        if request.isAnsweredAtOnce {
            let limit =
                request.timeLimit ?? request.configuration.connectTimeout + request.configuration.stallTimeout
            set(CURLOPT_TIMEOUT_MS, limit.wholeMilliseconds)
        }
        return try setMethod(of: request)
    }

    /// HTTP/2 where TLS negotiates it. Transfers then share a connection that is there, or is about to be.
    ///
    /// Without TLS curl would only learn from the first answer that nothing can be shared, and the others would wait for it.
    private func setVersion(of request: TransferRequest) {
        guard request.url.lowercased().hasPrefix("https:"), !request.configuration.usesHTTP1 else {
            return set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        }
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_PIPEWAIT, 1)
    }

    private func applyConfiguration(
        _ configuration: ClientConfiguration, peer: TransferRequest.Peer
    ) throws(TransferFailure) {
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
        if let caFile = configuration.caFile { try set(CURLOPT_CAINFO, caFile) }
        if configuration.insecure {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if configuration.useNetrc { set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue)) }
        if case .relay(let relay) = peer, let user = relay.user {
            try set(CURLOPT_USERNAME, user)
            try set(CURLOPT_PASSWORD, relay.password ?? "")
        }
    }

    private func setMethod(of request: TransferRequest) throws(TransferFailure) -> UnsafeMutablePointer<curl_slist>? {
        var headers = request.headers + request.configuration.headers
        if case .relay = request.peer, let token = request.configuration.token, !request.configuration.headersIdentify {
            headers.append(("Authorization", "Bearer \(token)"))
        }
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .delete: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .post:
            set(CURLOPT_POST, 1)
            if request.upload != nil {
                headers.append(("Transfer-Encoding", "chunked"))
                // An empty field: curl would else wait for a 100 Continue before each body.
                headers.append(("Expect", ""))
            } else {
                setBody(request.body)
                // curl would else wait for a 100 Continue before a large one.
                if !request.body.isEmpty { headers.append(("Expect", "")) }
            }
        }
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in headers {
            guard let longer = curl_slist_append(list, try Self.headerLine(name: name, value: value)) else {
                curl_slist_free_all(list)
                throw .invalidConfiguration("there is no memory for the header '\(name)'")
            }
            list = longer
        }
        return list
    }

    /// curl takes a copy. Without a pointer to what is empty it would ask for the bytes.
    private func setBody(_ body: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE, body.count)
        guard !body.isEmpty else { return _ = curl_shim_setopt_string(easy, CURLOPT_COPYPOSTFIELDS, "") }
        body.withUnsafeBytes { bytes in
            let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            _ = curl_shim_setopt_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)
        }
    }

    private static func headerLine(name: String, value: String) throws(TransferFailure) -> String {
        let isSafe = (name + value).unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\t" }
        guard isSafe, !name.isEmpty, !name.contains(":") else {
            throw .invalidConfiguration("the header '\(name)' has a line break or a name that HTTP does not allow")
        }
        return value.isEmpty ? "\(name):" : "\(name): \(value)"
    }

    private func set(_ option: CURLoption, _ value: Int) {
        curl_shim_setopt_long(easy, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferFailure) {
        let result = curl_shim_setopt_string(easy, option, value)
        guard result == CURLE_OK else {
            throw .invalidConfiguration(
                "libcurl does not take '\(value)': \(String(cString: curl_easy_strerror(result)))")
        }
    }
}

extension TransferFailure {
    fileprivate static func invalidConfiguration(_ message: String) -> TransferFailure {
        TransferFailure(kind: .permanent, error: TrickleError(.invalidConfiguration, message))
    }
}
