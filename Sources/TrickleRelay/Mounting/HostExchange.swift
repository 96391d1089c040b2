import NIOCore
import NIOHTTP1

/// Hands a request on to the handlers of the program that the relay is mounted in. How they answer, a ``HostAnswerHandler`` sees.
final class HostExchange: Exchange {
    let startsAtHead = true
    /// Whether the answer's head has been written.
    var hasBegun = false
    private let head: HTTPRequestHead
    private let handOn: (HTTPServerRequestPart) -> Void

    init(_ head: HTTPRequestHead, _ handOn: @escaping (HTTPServerRequestPart) -> Void) {
        self.head = head
        self.handOn = handOn
    }

    func start() { handOn(.head(head)) }
    func received(_ bytes: ByteBuffer) { handOn(.body(bytes)) }
    func receivedEnd() { handOn(.end(nil)) }
}
