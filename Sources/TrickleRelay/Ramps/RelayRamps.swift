/// Readers that know what the channels carry, and answer where the protocol has no meaning.
///
/// The relay stays blind to media: it hands over the requests for the routes that are declared, and sends what it is given.
public protocol RelayRamps: Sendable {
    /// What is answered. The first row that fits a request has it; the protocol's own rows come before all of them.
    var routes: [RampRoute] { get }
    /// Those who watch without an end, for the metrics.
    var viewerCount: Int { get }
    /// Whether new viewers had better go elsewhere, which `/readyz` tells a load balancer.
    var isFull: Bool { get }
    /// What else `/metrics` tells of them.
    var metrics: [MetricFamily] { get }
}

extension RelayRamps {
    public var viewerCount: Int { 0 }
    public var isFull: Bool { false }
    public var metrics: [MetricFamily] { [] }
}
