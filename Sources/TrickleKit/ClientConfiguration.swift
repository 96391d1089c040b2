import Logging

/// How a client reaches its relay. Proxies come from the environment as curl reads them
/// (`http_proxy`, `HTTPS_PROXY`, `NO_PROXY`, …).
public struct ClientConfiguration: Sendable {
    /// Sent with every request, for example `("X-Studio", "2")`.
    public var headers: [(name: String, value: String)] = []
    /// Sent to the relay as `Authorization: Bearer …`, unless ``headers`` have that field. It goes before user and password of the URL. A
    /// server of media never gets it, nor one that the relay redirects to.
    public var token: String?
    public var userAgent = "trickle-swift"
    /// A PEM file of certificate authorities that are trusted instead of the system's.
    public var caFile: String?
    /// Accepts any certificate. For tests only: anybody in between can read and change everything.
    public var insecure = false
    /// Speaks HTTP/1.1 also where the relay and TLS have HTTP/2.
    public var usesHTTP1 = false
    /// Looks up credentials in the user's `.netrc` where the URL has none.
    public var useNetrc = false
    /// How long one attempt to connect may take, TLS included.
    public var connectTimeout: Duration = .seconds(10)
    /// How long the relay may take nothing of what is offered to it, or owe an answer that it gives at once,
    /// before the connection counts as broken. Waiting for a segment is not limited by this.
    public var stallTimeout: Duration = .seconds(10)
    /// For how long a client that was connected once tries again before it gives up.
    public var patience: Duration = .seconds(15)
    /// Reconnections, skipped segments and the like. Says nothing unless set.
    public var logger = Logger(label: "trickle", factory: { _ in SwiftLogNoOpLogHandler() })

    public init() {}

    /// Whether ``headers`` say who this is.
    var headersIdentify: Bool { headers.contains { $0.name.lowercased() == "authorization" } }
}
