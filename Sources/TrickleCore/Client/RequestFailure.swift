/// How a request ended without a whole answer, as far as it decides what to do next.
public enum RequestFailure: Hashable, Sendable {
    /// No connection came about: refused, no such host, no route, or too slow.
    case unreachable
    /// The connection broke, or the relay took nothing for too long.
    case broken
    /// Nothing came for too long: the connection may be dead, or there may be nothing to say.
    case silent
    /// Trying again cannot help: a certificate that is not trusted, a peer that does not speak HTTP.
    case permanent
}
