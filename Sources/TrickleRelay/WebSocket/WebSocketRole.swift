import NIOCore
import TrickleCore

/// What a WebSocket connection is for. Lives and is called on the connection's event loop only.
package protocol WebSocketRole: AnyObject {
    /// Whether it answers messages, so that a client which does not read has to wait with the next ones.
    var answers: Bool { get }
    /// Called once, before all else.
    func opened(_ connection: WebSocketConnection)
    /// Bytes of a message have come: all of it, or one of its fragments.
    ///
    /// - Throws: how the connection ends.
    func received(_ bytes: ByteBuffer, isText: Bool, begins: Bool, ends: Bool) throws(WebSocketEnding)
    /// The connection takes more, or has taken what was sent.
    func becameWritable()
    /// Called once, after all else.
    ///
    /// - Parameter ending: what the client said about it; nil where the connection broke, or the relay ended it.
    func closed(_ ending: WebSocketEnding?)
}

extension WebSocketRole {
    package var answers: Bool { false }
    package func becameWritable() {}
}
