import NIOCore
import TrickleCore

/// Answers a request that needs no waiting: lists, numbers, creating, ending, closing, and refusals.
final class AnswerExchange: Exchange {
    let startsAtHead: Bool
    private let request: IncomingRequest
    private let answer: () throws(RequestProblem) -> (head: ResponseHead, body: ByteBuffer)

    init(
        _ request: IncomingRequest,
        answer: @escaping () throws(RequestProblem) -> (head: ResponseHead, body: ByteBuffer)
    ) {
        self.request = request
        self.answer = answer
        startsAtHead = false
    }

    /// A request that is refused whatever its body is.
    init(_ request: IncomingRequest, refusal: RequestProblem) {
        self.request = request
        answer = { () throws(RequestProblem) in throw refusal }
        startsAtHead = true
    }

    func start() {
        do throws(RequestProblem) {
            let (head, body) = try answer()
            request.answer(head, body: body)
        } catch {
            request.refuse(error)
        }
    }
}
