import TrickleCore

/// How a relay is set up.
public struct RelayConfiguration: Sendable {
    /// The address to listen on: a host name or address; nil for all interfaces.
    public var host: String? = "localhost"
    /// The port to listen on; 0 takes a free one.
    public var port = 2939
    /// The path under which the channels are.
    public var basePath = BasePath("/")
    /// What is kept, and how much is taken.
    public var limits = RelayLimits()
    /// After this time a GET that waits gets 204, also where it did not ask for that; nil waits as long as the channel lives.
    public var waitTimeout: Duration?
    /// How often a POST that has sent no body byte gets `100 Continue`, four times at most.
    public var continueInterval: Duration = .seconds(10)
    /// Event loops; each is a thread.
    public var threadCount = 1
    /// How long a relay that goes down lets readers finish.
    public var shutdownTimeout: Duration = .seconds(5)

    public init() {}
}
