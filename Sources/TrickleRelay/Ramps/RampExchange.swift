import NIOCore
import TrickleCore

/// Asks the ramps, and has their answer given.
final class RampExchange: Exchange {
    let startsAtHead = false
    private let connection: RelayConnection
    private let request: RelayRequest
    private let asked: RampRequest
    private let ramps: any RelayRamps
    /// What the relay itself says to the request.
    private let problem: RequestProblem
    private var asking: Task<Void, Never>?

    init(
        _ connection: RelayConnection, _ request: RelayRequest, _ asked: RampRequest, _ ramps: any RelayRamps,
        otherwise problem: RequestProblem
    ) {
        self.connection = connection
        self.request = request
        self.asked = asked
        self.ramps = ramps
        self.problem = problem
    }

    func start() {
        let exchange = NIOLoopBound(self, eventLoop: connection.eventLoop)
        let eventLoop = connection.eventLoop
        asking = Task { [ramps, asked] in
            let response = await ramps.answer(asked)
            eventLoop.execute { exchange.value.answered(response) }
        }
    }

    /// Whoever waits for something that comes with time gets nothing more.
    func relayDrains() {
        guard asking != nil else { return }
        cancelled()
        answer(RequestProblem(.draining))
    }

    func cancelled() {
        asking?.cancel()
        asking = nil
    }

    private func answered(_ response: RampResponse?) {
        guard asking != nil else { return }
        asking = nil
        guard let response else { return answer(problem) }
        switch response.body {
        case .bytes(let body):
            connection.answer(ResponseHead(status: response.status, response.headerFields), body: body, to: request)
        case .segment(let name, let number):
            read(name, number, response.headerFields)
        case .stream(let stream):
            if request.method == .head {
                connection.answer(ResponseHead(status: response.status, response.headerFields), to: request)
            } else {
                connection.handOver(to: StreamExchange(connection, request, response, stream))
            }
        }
    }

    private func read(_ name: ChannelName, _ number: SequenceNumber, _ fields: [HeaderField]) {
        do throws(RequestProblem) {
            connection.handOver(
                to: try connection.lane.exchange(
                    for: request, request.method == .head ? .head : .get, .segment(name, .exact(number)),
                    rampFields: fields, on: connection))
        } catch {
            answer(error)
        }
    }

    private func answer(_ problem: RequestProblem) {
        connection.answer(ResponseHead(problem), body: problem.body, to: request)
    }
}
