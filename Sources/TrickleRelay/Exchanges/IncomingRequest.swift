import NIOCore

/// A request, and what is needed to answer it.
struct IncomingRequest {
    let client: ClientIdentity
    let lane: RelayLane
    let writer: any ResponseWriter

    var head: RelayRequest { client.head }

    func answer(_ head: ResponseHead, body: ByteBuffer = ByteBuffer()) {
        lane.count(head)
        writer.answer(head, body: body)
    }

    func refuse(_ problem: RequestProblem) {
        answer(ResponseHead(problem), body: ByteBuffer(string: problem.body))
    }
}
