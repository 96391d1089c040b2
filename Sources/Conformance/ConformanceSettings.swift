/// What the relay was told, as far as rules depend on it, and how patient the suite is.
public struct ConformanceSettings: Sendable {
    public var windowCount = 5
    public var windowDuration: Duration = .seconds(30)
    public var drainDuration: Duration = .seconds(10)
    public var idleTimeout: Duration = .seconds(300)
    public var lingerDuration: Duration = .seconds(5)
    /// The pauses between `100 Continue`s to a preconnected POST.
    public var continueInterval: Duration = .seconds(10)
    /// Payload bytes that the relay takes for one segment; nil when that is not known.
    public var segmentByteCount: Int?
    /// Payload bytes that a channel keeps; nil when that is not known.
    public var windowByteCount: Int?

    /// Whether the relay is asked over HTTP/2: chosen by ALPN with TLS, by prior knowledge without.
    public var speaksHTTP2 = false
    /// A file of PEM certificates that vouch for the relay's; nil for those of the system.
    public var certificateAuthorities: String?

    /// Whether `Expect: 100-continue` is answered with 100 on the way to the relay. A proxy may not pass it on.
    public var getsContinue = true

    /// How long one answer may take.
    public var patience: Duration = .seconds(5)
    /// How long nothing must come where nothing may come.
    public var silence: Duration = .milliseconds(200)
    /// Cases that have to wait longer than this for the relay's clock are skipped.
    public var longestWait: Duration = .seconds(3)
    /// Cases that run at the same time; nearly all of them wait nearly always.
    public var concurrency = 24
    /// Tells the relay to end, which the last case does; nil when it is not ours to end.
    public var endRelay: (@Sendable () -> Void)?
    /// Starts another relay of the same kind, set up for one case; nil when there is only the one under test.
    public var startRelay: (@Sendable (RelaySetup) async throws -> RelayOnRequest)?

    public init() {}
}
