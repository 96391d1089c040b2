import NIOCore
import TrickleCore

/// What a ramp answers with.
public struct RampResponse: Sendable {
    public enum Body: Sendable {
        case bytes(ByteBuffer)
        /// A segment, by the protocol's own rules for ranges and for bytes that are still to come, with the response's fields in place of
        /// the channel's content type and the relay's `Cache-Control`.
        case segment(ChannelName, SequenceNumber)
        /// A channel as one endless body.
        case stream(ChannelStream)
        /// The regular file at a path, or the range of it that is asked for; an `ETag` among the response's fields is what `If-Range` means.
        case file(path: String)
        /// The connection goes on with another protocol, which the route's ``RampRoute/upgrade`` names.
        case protocolSwitch(ProtocolSwitch)
    }

    public var status: Int
    /// Fields by name; `Content-Length`, `Date`, `Connection` and what a segment needs are the relay's to add.
    public var fields: [(name: String, value: String)]
    public var body: Body
    /// Let go of once the answer has been given.
    public var held: (any AnyObject & Sendable)?

    public init(status: Int = 200, fields: [(name: String, value: String)] = [], _ body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// One plain line that says what is wrong, and what to do.
    public static func problem(
        _ status: Int, _ line: String, fields: [(name: String, value: String)] = []
    ) -> RampResponse {
        let type = (name: "Content-Type", value: "text/plain; charset=utf-8")
        return RampResponse(
            status: status, fields: [type, (name: "Cache-Control", value: "no-store")] + fields,
            .bytes(ByteBuffer(string: line + "\n")))
    }

    /// Only a page of the relay's own has a policy of its own; all else is made of what publishers supplied.
    var headerFields: [HeaderField] {
        let own = fields.map { HeaderField($0.name, $0.value) }
        return own.contains { $0.name == ResponseHead.sandbox.name } ? own : own + [ResponseHead.sandbox]
    }
}
