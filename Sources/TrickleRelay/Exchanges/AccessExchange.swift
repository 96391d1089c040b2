import Logging
import NIOCore

/// Has a request wait until it is decided whether it may be done: nothing is created, read or woken before.
///
///     start ─► asking ─► refused
///                 └────► allowed ─► its own exchange, at once or behind the end of its body
final class AccessExchange: Exchange {
    typealias Run = (AccessGrant) throws(RequestProblem) -> any Exchange

    let startsAtHead = true
    private let request: IncomingRequest
    private let question: AccessQuestion
    private let policy: any AccessPolicy
    private let run: Run
    private var asking: Task<Void, Never>?
    /// Who answers, once that is decided; while it is here, it waits for the body's end.
    private var decided: (any Exchange)?
    private var arrived = ByteBuffer()
    private var hasWholeBody = false

    /// - Parameter run: Says who answers what is allowed.
    init(_ request: IncomingRequest, _ question: AccessQuestion, _ policy: any AccessPolicy, run: @escaping Run) {
        self.request = request
        self.question = question
        self.policy = policy
        self.run = run
        hasWholeBody = !request.head.hasBody
    }

    var mayHoldBody: Bool { true }
    /// A publisher that has sent all still gets its answer; whoever only asks, and sends no more, has gone.
    var answersBehindInput: Bool { request.head.hasBody }

    func start() {
        // What is on its way of the body comes still; the rest waits at its sender.
        if !hasWholeBody { request.writer.holdBody(true) }
        ask()
    }

    private func ask() {
        let exchange = NIOLoopBound(self, eventLoop: request.lane.eventLoop)
        let eventLoop = request.lane.eventLoop
        let generation = policy.generation
        asking = Task { [policy, question] in
            let decision = await policy.decision(on: question)
            eventLoop.execute { exchange.value.answered(decision, generation) }
        }
    }

    func received(_ bytes: ByteBuffer) {
        if let decided { decided.received(bytes) } else { arrived.writeImmutableBuffer(bytes) }
    }

    func readComplete() { decided?.readComplete() }

    func receivedEnd() {
        hasWholeBody = true
        if let decided { handOver(to: decided) }
    }

    func relayDrains() {
        guard asking != nil || decided != nil else { return }
        cancelled()
        request.refuse(RequestProblem(.draining))
    }

    func cancelled() {
        asking?.cancel()
        (asking, decided) = (nil, nil)
    }

    private func answered(_ decision: AccessDecision, _ generation: Int) {
        guard asking != nil else { return }
        // Rules that have changed meanwhile may say otherwise.
        guard generation == policy.generation else { return ask() }
        asking = nil
        do throws(RequestProblem) {
            let exchange = try run(try request.lane.admit(request, decision))
            request.writer.holdBody(false)
            if exchange.startsAtHead || hasWholeBody { return handOver(to: exchange) }
            if request.head.expectsContinue { request.writer.sendContinue() }
            request.writer.awaitBody()
            decided = exchange
            exchange.received(arrived)
            arrived = ByteBuffer()
        } catch {
            request.refuse(error)
        }
    }

    private func handOver(to exchange: any Exchange) {
        decided = nil
        if exchange.startsAtHead {
            request.writer.handOver(to: exchange)
            deliver(to: exchange)
        } else {
            deliver(to: exchange)
            request.writer.handOver(to: exchange)
        }
        if hasWholeBody { exchange.receivedEnd() }
    }

    private func deliver(to exchange: any Exchange) {
        guard arrived.readableBytes > 0 else { return }
        exchange.received(arrived)
        exchange.readComplete()
    }
}
