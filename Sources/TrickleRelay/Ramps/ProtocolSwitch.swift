import NIOCore

/// Another protocol than HTTP on the rest of a connection (RFC 9110, section 7.8).
public struct ProtocolSwitch: Sendable {
    public typealias Input = NIOAsyncChannelInboundStream<ByteBuffer>
    public typealias Output = NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// As it stands in `Upgrade`.
    public var name: String
    /// Has the connection as long as it runs. The client's end, and the relay's, end the input.
    public var run: @Sendable (Input, Output) async throws -> Void

    public init(to name: String, run: @escaping @Sendable (Input, Output) async throws -> Void) {
        self.name = name
        self.run = run
    }
}
