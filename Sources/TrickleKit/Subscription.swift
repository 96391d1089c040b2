import TrickleCore

/// One run through a channel: carries out what the subscription's state decides.
final class Subscription {
    private let route: ChannelRoute
    private let tally: Subscriber.Tally
    private var state: SubscriptionState
    private var hasStarted = false
    private var hasEnded = false
    /// The request for the segment that comes next, under way since the one before began.
    private var pending: StandingRequest?
    /// Whether a connection broke while the segment was read that was handed on last.
    private var breakage = Breakage()
    /// Why the last request had no result.
    private var lastError: TrickleError?
    /// A connection has broken since the last answer: what is left of others may be as dead.
    private var hasBroken = false

    init(_ subscriber: Subscriber) {
        route = subscriber.route
        tally = subscriber.tally
        let policy = SubscriptionState.Policy(
            waitForChannel: subscriber.waitForChannel, patience: route.configuration.patience,
            rejoinsAtOldest: subscriber.rejoinsAtOldest)
        state = SubscriptionState(from: subscriber.start, policy: policy)
    }

    deinit { pending?.cancel() }

    func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> SubscribedSegment? {
        guard !hasEnded else { return nil }
        if breakage.hasHappened { state.readingBroke() }
        var action = hasStarted ? state.waited(now: .now) : state.start(now: .now)
        hasStarted = true
        while true {
            try Task.checkCancellation()
            switch action {
            case .request(let position):
                let transfer = takeTransfer(for: position)
                let answer = try await answer(of: transfer)
                action = answer.action
                if case .deliver(let delivery) = action, let head = answer.head {
                    return deliver(delivery, head: head, transfer: transfer)
                }
            case .requestNumber: action = try await askNumber()
            case .wait(let time):
                try await wait(time)
                action = state.waited(now: .now)
            case .finish:
                hasEnded = true
                if let last = state.lastBeforeSilentEnd {
                    tally.count { $0.endedSilently = true }
                    route.configuration.logger.warning(
                        "the relay has no channel '\(route.channel)' any more: what followed segment \(last) may be missing"
                    )
                }
                return nil
            case .fail(let failure):
                hasEnded = true
                throw error(for: failure)
            case .deliver: preconditionFailure("there is no segment to deliver")
            }
        }
    }

    private func wait(_ time: Duration, isolation actor: isolated (any Actor)? = #isolation) async throws {
        let reason = lastError.map { ": \($0.message)" } ?? ""
        route.configuration.logger.debug("channel '\(route.channel)': trying again in \(time)\(reason)")
        try await Task.sleep(for: time)
    }

    private func takeTransfer(for position: SegmentPosition) -> Transfer {
        let ready = pending
        pending = nil
        if let ready, ready.position == position { return ready.take() }
        ready?.cancel()
        return start(route.read(position, features: state.features))
    }

    private func start(_ request: TransferRequest) -> Transfer {
        var request = request
        request.needsNewConnection = hasBroken
        let transfer = Transfer(request)
        transfer.start()
        return transfer
    }

    private func answer(
        of transfer: Transfer, isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> (head: AnswerHead?, action: SubscriptionState.Action) {
        switch try await transfer.awaitHead() {
        case .answered(let head):
            hasBroken = false
            route.outages.answered()
            tally.obstacle = Self.obstacle(head)
            let action = state.answered(head, now: .now, jitter: .random(in: 0..<1))
            if case .deliver = action { return (head, action) }
            if head.status == 200, head.sequence != nil, !head.isChannelClosed {
                let text =
                    "segment \(head.sequence!) came again from a relay that had lost its memory: it is not read again"
                route.configuration.logger.notice("channel '\(route.channel)': \(text)")
                transfer.cancel()
                return (head, action)
            }
            // The rest of a short answer: what it says, and the connection for the next request.
            let body = try await transfer.awaitBody(limit: ChannelRoute.shortBodyLimit) ?? []
            let error = route.refusal(
                of: "read '\(route.channel)'", head: head, body: body)
            if error.code == .relayBusy { tally.obstacle = .relay(error.message) }
            lastError = error
            return (head, action)
        case .failed(let failure) where transfer.waitedInSilence:
            hasBroken = true
            return (nil, state.failed(failure.kind, now: .now, jitter: .random(in: 0..<1)))
        case .failed(let failure): return (nil, failed(failure))
        }
    }

    private func askNumber(
        isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> SubscriptionState.Action {
        let transfer = start(route.nextNumber)
        switch try await transfer.awaitHead() {
        case .answered(let head):
            hasBroken = false
            route.outages.answered()
            let body = try await transfer.awaitBody(limit: ChannelRoute.shortBodyLimit)
            lastError = route.refusal(of: "read '\(route.channel)'", head: head, body: body ?? [])
            return state.answered(head.withLatest(fromBody: body), now: .now, jitter: .random(in: 0..<1))
        case .failed(let failure): return failed(failure)
        }
    }

    private func failed(_ failure: TransferFailure) -> SubscriptionState.Action {
        lastError = failure.error
        hasBroken = true
        route.outages.failed(failure.error)
        tally.obstacle = .relay(failure.error.message)
        let action = state.failed(failure.kind, now: .now, jitter: .random(in: 0..<1))
        if case .wait = action { tally.count { $0.reconnections += 1 } }
        return action
    }

    private static func obstacle(_ head: AnswerHead) -> ReadingObstacle? {
        switch head.status {
        case 404: .channelMissing
        case StatusCode.segmentNotFound: head.latest.map { .early(next: $0) }
        default: nil
        }
    }

    private func deliver(
        _ delivery: SubscriptionState.Delivery, head: AnswerHead, transfer: Transfer
    ) -> SubscribedSegment {
        if let following = delivery.following {
            let position = SegmentPosition.exact(following)
            pending = StandingRequest(position, route.read(position, features: state.features))
            pending?.start()
        } else {
            hasEnded = true
        }
        if let skipped = delivery.skipped {
            route.configuration.logger.warning("channel '\(route.channel)': \(skipped) are no longer there")
        }
        tally.count { counts in
            counts.segments += 1
            counts.segmentsSkipped += delivery.skipped?.count ?? 0
        }
        breakage = Breakage()
        let source = SegmentSource(
            delivery.sequence, transfer, head: head, route: route, patience: state.outageLimit, tally: tally,
            breakage: breakage)
        return SubscribedSegment(head: SegmentHead(delivery, answer: head), body: SegmentBody(source))
    }

    private func error(for failure: SubscriptionState.Failure) -> TrickleError {
        switch failure {
        case .channelNotFound: .channelNotFound(route.channel, relay: route.relay)
        case .sequenceMissing:
            TrickleError(
                .notARelay,
                "\(route.relay) answers, but not as a trickle relay does: are the port and the base path right?")
        case .unreachable, .busy, .refused:
            lastError ?? route.refusal(of: "read '\(route.channel)'", head: nil, body: [])
        }
    }
}
