/// Readers that know what the channels carry, and answer where the protocol has no meaning: GET and HEAD of paths that are neither a
/// segment nor one of the protocol's other resources.
///
/// The relay stays blind to media: it hands over the request, and sends what it is given.
public protocol RelayRamps: Sendable {
    /// What the request gets; nil where nothing is, which the relay answers as it would without ramps.
    ///
    /// Runs in a task that is cancelled when the client leaves.
    func answer(_ request: RampRequest) async -> RampResponse?
    /// Those who watch without an end, for the metrics.
    var viewerCount: Int { get }
    /// Whether new viewers had better go elsewhere, which `/readyz` tells a load balancer.
    var isFull: Bool { get }
}

extension RelayRamps {
    public var viewerCount: Int { 0 }
    public var isFull: Bool { false }
}
