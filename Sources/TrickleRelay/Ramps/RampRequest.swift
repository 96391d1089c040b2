import NIOCore
import TrickleCore

/// A request for one of a ramp's routes.
public struct RampRequest: Sendable, CustomStringConvertible {
    public let method: RequestMethod
    /// The parts of the path below the relay's base path, percent-decoded; none for the base path itself.
    public let path: [String]
    /// What the target says behind its `?`, percent-decoded; of equal names the last.
    public let query: [String: String]
    /// What stands in the pattern's `{channel}`.
    public let channel: ChannelName?
    /// What stands in the pattern's `{number}`.
    public let number: SequenceNumber?
    /// The whole body, where the route collects it.
    public internal(set) var body = ByteBuffer()
    /// The body as it comes, where the route streams it.
    public internal(set) var stream: RequestBodyStream?
    /// Whom it comes from.
    public internal(set) var client: ClientIdentity
    /// How far the client is let in.
    public internal(set) var grant = AccessGrant.forAnybody
    private var head: RelayRequest { client.head }

    /// Whether only the answer's head is asked for.
    public var isHead: Bool { method == .head }
    /// As in the request line: with a token, if it has one.
    public var target: String { head.target }

    /// The field's first value; nil when it is absent or empty.
    public func field(_ name: String) -> String? { head.field(name) }

    public var description: String { head.description }

    init(_ head: RelayRequest, _ method: RequestMethod, _ target: RampTarget, _ match: PathPattern.Match) {
        client = ClientIdentity(head: head)
        self.method = method
        path = target.path
        query = target.query
        channel = match.channel
        number = match.number
    }
}
