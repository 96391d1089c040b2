import NIOCore

/// Where connections with TLS are taken, and what encrypts them.
///
/// The relay knows nothing of certificates: swift-nio-ssl's `NIOSSLServerHandler` is such a handler, say.
public struct SecureListener: Sendable {
    /// The address to listen on: a host name or address; nil for all interfaces.
    public var host: String?
    /// The port to listen on; 0 takes a free one.
    public var port: Int
    /// Makes a connection's handler of TLS. It fires `TLSUserEvent.handshakeCompleted`, with the protocol that ALPN has chosen
    /// (RFC 7301).
    public var makeHandler: @Sendable () throws -> any ChannelHandler

    public init(host: String?, port: Int, makeHandler: @escaping @Sendable () throws -> any ChannelHandler) {
        self.host = host
        self.port = port
        self.makeHandler = makeHandler
    }
}
