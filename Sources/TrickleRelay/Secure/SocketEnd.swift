import NIOCore

/// Tells ``SecureSending`` to close the socket.
struct SocketEnd {}

extension ChannelHandlerContext {
    /// Closes at once. TLS alone would wait until the client has said goodbye, too, or for 5 s (RFC 8446, section 6.1).
    func closeAtOnce() {
        let channel = channel
        close(promise: nil)
        if channel.isActive { channel.triggerUserOutboundEvent(SocketEnd(), promise: nil) }
    }

    /// Closes without a goodbye: to TLS that is the end in the middle.
    func closeWithoutGoodbye() {
        if (try? channel.pipeline.syncOperations.handler(type: SecureSending.self)) != nil {
            channel.triggerUserOutboundEvent(SocketEnd(), promise: nil)
        } else {
            close(promise: nil)
        }
    }
}
