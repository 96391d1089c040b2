import NIOCore
import TrickleCore

/// Asks a ramp, and has its answer given.
final class RampExchange: Exchange {
    let startsAtHead = false
    private let request: IncomingRequest
    private var asked: RampRequest
    private let route: RampRoute
    private var asking: Task<Void, Never>?

    init(_ request: IncomingRequest, _ asked: RampRequest, _ route: RampRoute) {
        self.request = request
        self.asked = asked
        self.route = route
        self.asked.client = request.client
    }

    func received(_ bytes: ByteBuffer) {
        guard route.maximumBodyByteCount > 0 else { return }
        guard asked.body.readableBytes + bytes.readableBytes <= route.maximumBodyByteCount else {
            return request.refuse(
                RequestProblem(status: 413, reason: "a body has at most \(route.maximumBodyByteCount) bytes here"))
        }
        asked.body.writeImmutableBuffer(bytes)
    }

    func start() {
        let exchange = NIOLoopBound(self, eventLoop: request.lane.eventLoop)
        let eventLoop = request.lane.eventLoop
        asking = Task { [route, asked] in
            let response = await route.answer(asked)
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

    private func answered(_ response: RampResponse) {
        guard asking != nil else { return }
        asking = nil
        let head = ResponseHead(status: response.status, response.headerFields)
        switch response.body {
        case .bytes(let body):
            request.answer(head, body: body)
        case .segment(let name, let number):
            read(name, number, response.headerFields)
        case .stream(let stream):
            if request.head.method == .head {
                request.answer(head)
            } else {
                request.writer.handOver(to: StreamExchange(request, response, stream))
            }
        case .file(let path):
            request.writer.handOver(to: FileExchange(request, response, path: path))
        case .protocolSwitch(let other):
            precondition(
                other.name == route.upgrade, "the route of '\(other.name)' does not have the client ask for it")
            request.writer.switchProtocol(ResponseHead(status: 101, head.fields), to: other)
        }
    }

    private func read(_ name: ChannelName, _ number: SequenceNumber, _ fields: [HeaderField]) {
        do throws(RequestProblem) {
            request.writer.handOver(
                to: try request.lane.exchange(
                    for: request, .read, .segment(name, .exact(number)), rampFields: fields))
        } catch {
            request.refuse(error)
        }
    }
}
