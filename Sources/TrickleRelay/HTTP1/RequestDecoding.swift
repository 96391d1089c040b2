import NIOCore
import NIOHTTP1
import TrickleCore

/// How a connection's bytes become requests: the handlers in front of a ``HTTP1Connection``.
package enum RequestDecoding {
    /// - Parameters:
    ///   - turns: of the pipeline's event loop; by default the connection's own.
    ///   - maximumByteCount: bytes of one field, and of all fields of a head together; a longer head is answered with 431.
    ///   - maximumFieldCount: fields of a head; one with more is answered with 431.
    /// - Returns: the first of them, which wants to know who takes the requests.
    package static func addHandlers(
        to pipeline: ChannelPipeline.SynchronousOperations, turns: TurnQueue? = nil,
        maximumByteCount: Int = 32 << 10, maximumFieldCount: Int = 100
    ) throws -> RequestGate {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = maximumByteCount
        limits.maxHeaderListSize = maximumByteCount
        limits.maxHeaderFieldCount = maximumFieldCount
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        let gate = RequestGate(
            turns: turns ?? TurnQueue(eventLoop: pipeline.eventLoop), maximumHeadByteCount: maximumByteCount)
        try pipeline.addHandlers(gate, ByteToMessageHandler(decoder))
        return gate
    }

    /// Where the request's body ends, which the gate has to be told.
    package static func framing(of head: HTTPRequestHead) -> MessageBoundary.Framing { RelayRequest(head).framing }

    /// The status with which a head is refused because of how it is made, whatever it asks for; nil when it is sound.
    package static func refusal(of head: HTTPRequestHead) -> Int? { RelayRequest(head).problem?.status }

    /// Whether another request can follow on the connection.
    package static func keepsAlive(after head: HTTPRequestHead) -> Bool { RelayRequest(head).keepsAlive }
}
