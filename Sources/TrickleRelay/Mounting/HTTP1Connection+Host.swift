import NIOCore
import NIOHTTP1

// The way to the handlers of the program that the relay is mounted in: they are behind this one in the pipeline.
extension HTTP1Connection {
    /// - Throws: what the host's own closure does.
    func hostExchange(for head: HTTPRequestHead) throws -> HostExchange {
        if let host = host.take() { try addHandlers(of: host) }
        return HostExchange(head) { [weak self] part in
            guard let self else { return }
            context?.fireChannelRead(wrapInboundOut(part))
        }
    }

    private func addHandlers(of host: (any Channel) throws -> Void) throws {
        guard let context else { return }
        hasHostHandlers = true
        try context.pipeline.syncOperations.addHandlers(HTTPResponseEncoder(), HostAnswerHandler(self))
        try host(context.channel)
        // They come late, and have not been told.
        context.fireChannelActive()
    }

    var isAnsweredByHost: Bool { exchange is HostExchange }
    /// Whether an answer of the host's is under way, which nobody else can end.
    var hasBegunHostAnswer: Bool { (exchange as? HostExchange)?.hasBegun == true }

    func hostAnswerBegan(keepsAlive: Bool) {
        (exchange as? HostExchange)?.hasBegun = true
        letsOthersFollow = keepsAlive && canGoOn
    }

    /// The answer has been written and flushed.
    func hostAnswerEnded() {
        noteQueue()
        answerEnded(goesOn: letsOthersFollow && canGoOn)
    }
}
