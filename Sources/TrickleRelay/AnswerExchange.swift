import NIOCore
import TrickleCore

/// Answers a request that needs no waiting: lists, numbers, creating, ending, closing, and refusals.
final class AnswerExchange: Exchange {
    let startsAtHead: Bool
    private let connection: RelayConnection
    private let request: RelayRequest
    private let answer: () throws(RequestProblem) -> (head: ResponseHead, body: ByteBuffer)

    init(
        _ connection: RelayConnection, _ request: RelayRequest,
        answer: @escaping () throws(RequestProblem) -> (head: ResponseHead, body: ByteBuffer)
    ) {
        self.connection = connection
        self.request = request
        self.answer = answer
        startsAtHead = false
    }

    /// A request that is refused whatever its body is.
    init(_ connection: RelayConnection, _ request: RelayRequest, refusal: RequestProblem) {
        self.connection = connection
        self.request = request
        answer = { () throws(RequestProblem) in throw refusal }
        startsAtHead = true
    }

    func start() {
        do throws(RequestProblem) {
            let (head, body) = try answer()
            connection.answer(head, body: body, to: request)
        } catch {
            connection.answer(ResponseHead(error), body: error.body, to: request)
        }
    }
}
