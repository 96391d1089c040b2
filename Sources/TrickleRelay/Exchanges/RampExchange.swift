import NIOCore
import TrickleCore

/// Asks a ramp, and has its answer given.
final class RampExchange: Exchange {
    let startsAtHead: Bool
    private let request: IncomingRequest
    private var asked: RampRequest
    private let route: RampRoute
    private var asking: Task<Void, Never>?
    /// Where a streamed body goes; nil for others, and when all of it has come.
    private var stream: RequestBodyStream?
    /// What of a body that is collected counts as the relay's memory.
    private let waiting: WaitingBytes
    /// What of it the read under way has brought.
    private var arrived = ByteBuffer()
    /// A piece of a streamed body is about as large as what the connection reads at once.
    private static let maximumPieceByteCount = 64 << 10

    init(_ request: IncomingRequest, _ asked: RampRequest, _ route: RampRoute, _ grant: AccessGrant) {
        self.request = request
        self.asked = asked
        self.route = route
        startsAtHead = if case .streamed = route.body { true } else { false }
        self.asked.client = request.client
        self.asked.grant = grant
        waiting = WaitingBytes(of: request.client.address, in: request.lane.store)
    }

    var mayHoldBody: Bool { startsAtHead }
    var answersBehindInput: Bool { startsAtHead && asking != nil }

    func received(_ bytes: ByteBuffer) {
        switch route.body {
        case .thrownAway: break
        case .collected(let limit):
            guard asked.body.readableBytes + bytes.readableBytes <= limit else {
                return request.refuse(RequestProblem(status: 413, reason: "a body has at most \(limit) bytes here"))
            }
            guard waiting.grow(to: asked.body.readableBytes + bytes.readableBytes) else {
                asked.body = ByteBuffer()
                waiting.release()
                let limit = request.lane.store.limits.memoryByteCount
                return request.refuse(RequestProblem(.outOfMemory(limit: limit)))
            }
            asked.body.writeImmutableBuffer(bytes)
        case .streamed:
            if arrived.readableBytes == 0 { arrived = bytes } else { arrived.writeImmutableBuffer(bytes) }
            if arrived.readableBytes >= Self.maximumPieceByteCount { passOn() }
        }
    }

    func readComplete() { passOn() }

    func receivedEnd() {
        passOn()
        stream.take()?.finish()
    }

    /// Hands on what has come of a streamed body; the rest waits at its sender while the ramp has enough.
    private func passOn() {
        guard arrived.readableBytes > 0 else { return }
        let bytes = arrived
        arrived = ByteBuffer()
        guard let stream else { return }
        request.lane.clients.add(.init(bytesIn: bytes.readableBytes), of: request.client.household)
        guard stream.add(bytes) else { return }
        request.writer.holdBody(true)
    }

    func start() {
        let exchange = NIOLoopBound(self, eventLoop: request.lane.eventLoop)
        let eventLoop = request.lane.eventLoop
        if case .streamed = route.body {
            guard request.head.hasBody else {
                return request.refuse(
                    RequestProblem(status: 411, reason: "send a body: with Content-Length, or chunked"))
            }
            if request.head.expectsContinue { request.writer.sendContinue() }
            stream = RequestBodyStream {
                eventLoop.execute { exchange.value.request.writer.holdBody(false) }
            }
            asked.stream = stream
        }
        asking = Task { [route, asked] in
            let response = await route.answer(asked)
            eventLoop.execute { exchange.value.answered(response) }
        }
        asked.stream = nil
    }

    /// Whoever waits for something that comes with time gets nothing more.
    func relayDrains() { refuse(.relayDraining, RequestProblem(.draining)) }

    func accessEnded(_ problem: RequestProblem) { refuse(.accessEnded, problem) }

    private func refuse(_ reason: RequestBodyStream.Broken, _ problem: RequestProblem) {
        guard asking != nil else { return }
        end(reason)
        request.refuse(problem)
    }

    func cancelled() { end(.connectionLost) }

    /// - Parameter reason: why the body is not whole; where it is streamed, the ramp sees it, and puts its affairs in order.
    private func end(_ reason: RequestBodyStream.Broken) {
        passOn()
        if startsAtHead { stream.take()?.end(reason) } else { asking?.cancel() }
        asking = nil
    }

    private func answered(_ response: RampResponse) {
        guard asking != nil else { return }
        asking = nil
        // The ramp has all that it wants.
        stream.take()?.finish()
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
