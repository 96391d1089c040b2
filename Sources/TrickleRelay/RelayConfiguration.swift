import TrickleCore

/// How a relay is set up.
public struct RelayConfiguration: Sendable {
    /// The address to listen on: a host name or address; nil for all interfaces.
    public var host: String? = "localhost"
    /// The port to listen on; 0 takes a free one.
    public var port = 2939
    /// Whether connections without TLS are taken.
    public var listensInTheClear = true
    /// Where connections with TLS are taken; nil for nowhere.
    public var secure: SecureListener?
    /// The path under which the channels are.
    public var basePath = BasePath("/")
    /// What is kept, and how much is taken; `RelayServer.limits` says what counts now.
    public var limits = RelayLimits()
    /// After this time a GET that waits gets 204, also where it did not ask for that; nil waits as long as the channel lives.
    public var waitTimeout: Duration?
    /// How often, to the second, a POST that has sent no body byte gets `100 Continue`, four times at most.
    public var continueInterval: Duration = .seconds(10)
    /// Bytes of a request head's fields; more is answered with 431.
    public var maximumHeadByteCount = 32 << 10
    /// Fields of a request head; more is answered with 431.
    public var maximumHeadFieldCount = 100
    /// How long a client may take for a request's head once it has begun; then it gets 408.
    public var headTimeout: Duration = .seconds(10)
    /// After this silence in the middle of a segment the log tells of a publisher.
    public var silenceToTell: Duration = .seconds(2)
    /// How long a connection that has only read may stay without a request.
    public var keepAliveTimeout: Duration = .seconds(60)
    /// The same for one that is new or has published: as long as a channel. Some clients send a POST's head only with the first byte of
    /// its body, and what they have preconnected is silent until then.
    var publisherKeepAliveTimeout: Duration { max(keepAliveTimeout, limits.idleTimeout) }
    /// How long a reader may take for what was sent to it, 128 KiB at most; then it is cut off.
    public var readerTimeout: Duration = .seconds(30)
    /// Connections from one address; one more gets 429.
    public var connectionsPerAddress = 20_000
    /// Connections in all; nil for as many as there are descriptors for.
    var connectionCount: Int?
    /// Whether the protocol's routes are served, or only those of ramps.
    var servesChannels = true
    /// What chooses another address, for the error when it cannot be had.
    var addressOption = "--addr"
    /// What web pages may do.
    public var browsers = BrowserRules()
    /// Who may do what; nil lets everybody do everything.
    public var access: (any AccessPolicy)?
    /// Who may name their clients, by a PROXY header or by `X-Forwarded-For`.
    public var proxies = TrustedProxies()
    /// Whether publishers' bytes wait for each other.
    public var coalescing = Coalescing.whenBusy
    /// Event loops; each is a thread.
    public var threadCount = 1
    public static let maximumThreadCount = Lane.maximumCount
    /// How long a relay that goes down lets readers finish.
    public var shutdownTimeout: Duration = .seconds(5)

    /// How long a client may take to close when the last answer has left.
    var lingerTime: Duration = .seconds(5)

    public init() {}
}
