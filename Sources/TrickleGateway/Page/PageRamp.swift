import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /` and `GET /NAME` for browsers: one page that shows the channels and plays them.
///
/// Who does not say that it wants HTML gets what the protocol has there.
struct PageRamp: Ramp {
    private let base: String

    /// - Parameter base: the path under which the channels are, with a slash at either end.
    init(base: String) {
        self.base = base
    }

    var routes: [RampRoute] {
        [("/", RelayAction.list), ("/{channel}", .read)].map { (pattern: PathPattern, action) in
            RampRoute(pattern, action: action, accept: "text/html") { request in page(request) }
        }
    }

    /// The page's own requests bring what let it in: as a cookie, because a script could not hide it.
    private func cookie(_ request: RampRequest) -> [(name: String, value: String)] {
        guard !request.grant.isForAnybody, case .token(let token) = request.client.credentials else { return [] }
        let value = PercentEncoding.encode(token.utf8)
        var terms = "Path=\(base); HttpOnly; SameSite=Strict"
        // Who came with TLS never sends it without.
        if request.client.isSecure { terms += "; Secure" }
        return [(name: "Set-Cookie", value: "\(ClientCredentials.cookieName)=\(value); \(terms)")]
    }

    private func page(_ request: RampRequest) -> RampResponse {
        let nonce =
            String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src 'self' blob: data:", "media-src 'self' blob:", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        let fields = [
            (name: "Content-Type", value: "text/html; charset=utf-8"), (name: "Cache-Control", value: "no-store"),
            (name: "Content-Security-Policy", value: policy.joined(separator: "; ")),
            (name: "Referrer-Policy", value: "no-referrer"), (name: "Vary", value: "Accept"),
        ]
        // Put together when the first browser comes: it is a good part of what starting the relay would take.
        let text = PageDocument.template.filled(["nonce": nonce, "base": base])
        return RampResponse(fields: fields + cookie(request), .bytes(ByteBuffer(bytes: text)))
    }
}
