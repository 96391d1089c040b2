import NIOCore
import TrickleCore

/// Asks the ramps, and has their answer given.
final class RampExchange: Exchange {
    let startsAtHead = false
    private let request: IncomingRequest
    private let asked: RampRequest
    private let ramps: any RelayRamps
    /// What the relay itself says to the request.
    private let problem: RequestProblem
    private var asking: Task<Void, Never>?

    init(
        _ request: IncomingRequest, _ asked: RampRequest, _ ramps: any RelayRamps,
        otherwise problem: RequestProblem
    ) {
        self.request = request
        self.asked = asked
        self.ramps = ramps
        self.problem = problem
    }

    func start() {
        let exchange = NIOLoopBound(self, eventLoop: request.lane.eventLoop)
        let eventLoop = request.lane.eventLoop
        asking = Task { [ramps, asked] in
            let response = await ramps.answer(asked)
            eventLoop.execute { exchange.value.answered(response) }
        }
    }

    /// Whoever waits for something that comes with time gets nothing more.
    func relayDrains() {
        guard asking != nil else { return }
        cancelled()
        request.refuse(RequestProblem(.draining))
    }

    func cancelled() {
        asking?.cancel()
        asking = nil
    }

    private func answered(_ response: RampResponse?) {
        guard asking != nil else { return }
        asking = nil
        guard let response else { return request.refuse(problem) }
        switch response.body {
        case .bytes(let body):
            request.answer(ResponseHead(status: response.status, response.headerFields), body: body)
        case .segment(let name, let number):
            read(name, number, response.headerFields)
        case .stream(let stream):
            if request.head.method == .head {
                request.answer(ResponseHead(status: response.status, response.headerFields))
            } else {
                request.writer.handOver(to: StreamExchange(request, response, stream))
            }
        }
    }

    private func read(_ name: ChannelName, _ number: SequenceNumber, _ fields: [HeaderField]) {
        do throws(RequestProblem) {
            request.writer.handOver(
                to: try request.lane.exchange(
                    for: request, request.head.method == .head ? .head : .get, .segment(name, .exact(number)),
                    rampFields: fields))
        } catch {
            request.refuse(error)
        }
    }
}
