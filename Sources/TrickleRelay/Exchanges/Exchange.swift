import Logging
import NIOCore

/// What answers one request.
protocol Exchange: AnyObject {
    /// Whether the answer begins with the request's head; otherwise it waits for the end of a body that it ignores.
    var startsAtHead: Bool { get }
    /// Whether it may have the rest of a body wait: then each read is asked for by itself.
    var mayHoldBody: Bool { get }
    /// Whether a client that has sent all of its request, and can send no more, still waits for the answer; others are taken to have gone.
    var answersBehindInput: Bool { get }
    func start()
    /// Some bytes of the request's body.
    func received(_ bytes: ByteBuffer)
    /// All that could be read at once has been delivered.
    func readComplete()
    /// The request's body is whole.
    func receivedEnd()
    /// The connection takes more bytes again.
    func writable()
    /// The relay goes down.
    func relayDrains()
    /// The client is let in no longer, and this says why.
    func accessEnded(_ problem: RequestProblem)
    /// The connection is gone, or the request broke the rules: nothing more is to be written.
    func cancelled()
    /// What this is, for the log.
    var logMetadata: Logger.Metadata { get }
}

extension Exchange {
    var mayHoldBody: Bool { false }
    var answersBehindInput: Bool { false }
    func received(_ bytes: ByteBuffer) {}
    func readComplete() {}
    func receivedEnd() {}
    func writable() {}
    func relayDrains() {}
    func accessEnded(_ problem: RequestProblem) {}
    func cancelled() {}
    var logMetadata: Logger.Metadata { [:] }
}
