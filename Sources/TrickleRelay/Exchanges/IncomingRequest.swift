import NIOCore

/// A request, and what is needed to answer it.
struct IncomingRequest {
    let head: RelayRequest
    /// Whom limits and the log mean.
    let client: ClientAddress
    let lane: RelayLane
    let writer: any ResponseWriter

    func answer(_ head: ResponseHead, body: ByteBuffer = ByteBuffer()) {
        lane.count(head)
        writer.answer(head, body: body)
    }

    func refuse(_ problem: RequestProblem) {
        answer(ResponseHead(problem), body: ByteBuffer(string: problem.body))
    }
}
