import Foundation

/// A client's connection and the one that carries it on to the relay. Belongs to the proxy's thread.
final class FaultLink {
    enum State {
        case carrying
        /// Closed towards both sides; kept until they have closed too, or until then.
        case closing(until: ContinuousClock.Instant)
        /// Half-open: nobody looks at it any more.
        case silent
        case closed
    }

    /// What is kept of a client's last request, to be sent again: 1 MiB. A longer one cannot be.
    static let requestLimit = 1 << 20

    let client: Int32
    let relay: Int32
    private(set) var state = State.carrying
    private(set) var toRelay: FaultFlow
    private(set) var fromRelay: FaultFlow
    /// What the client has sent since it last got something.
    private var request: [UInt8]? = []
    private var isAnswered = false

    init(client: Int32, relay: Int32, toRelayLimit: Int?, fromRelayLimit: Int?) {
        self.client = client
        self.relay = relay
        toRelay = FaultFlow(.toRelay, byteLimit: toRelayLimit)
        fromRelay = FaultFlow(.fromRelay, byteLimit: fromRelayLimit)
    }

    var isCarrying: Bool { if case .carrying = state { true } else { false } }
    var isClosed: Bool { if case .closed = state { true } else { false } }
    /// nil where it was too long, or there was none.
    var lastRequest: [UInt8]? { request.flatMap { $0.isEmpty ? nil : $0 } }

    /// What is to be waited for on each socket, and whether time alone moves something on.
    func interest(_ plan: FaultPlan) -> (client: Int16, relay: Int16, isTimed: Bool) {
        switch state {
        case .closed, .silent: return (0, 0, false)
        case .closing: return (Int16(POLLIN), Int16(POLLIN), true)
        case .carrying: break
        }
        var interest = (client: Int16(0), relay: Int16(0), isTimed: false)
        if !plan.toRelay.isStalled {
            if toRelay.room > 0 { interest.client |= Int16(POLLIN) }
            if toRelay.wantsToWrite(plan.toRelay) { interest.relay |= Int16(POLLOUT) }
        }
        if !plan.fromRelay.isStalled {
            if fromRelay.room > 0 { interest.relay |= Int16(POLLIN) }
            if fromRelay.wantsToWrite(plan.fromRelay) { interest.client |= Int16(POLLOUT) }
        }
        interest.isTimed =
            (plan.toRelay.bytesPerSecond != nil && toRelay.pendingCount > 0)
            || (plan.fromRelay.bytesPerSecond != nil && fromRelay.pendingCount > 0)
        return interest
    }

    /// Carries on what can be carried on.
    func turn(
        _ plan: FaultPlan, clientIsReady: Bool, relayIsReady: Bool, now: ContinuousClock.Instant,
        tally: inout FaultTally
    ) {
        switch state {
        case .closed, .silent: return
        case .closing(let until):
            if now >= until || (clientIsReady && !isOpen(client)) || (relayIsReady && !isOpen(relay)) { close() }
            return
        case .carrying: break
        }
        toRelay.refill(plan.toRelay, now: now)
        fromRelay.refill(plan.fromRelay, now: now)
        var outcomes: [FaultFlow.Outcome] = []
        if !plan.toRelay.isStalled {
            if clientIsReady { outcomes.append(toRelay.read(from: client) { remember($0) }) }
            let (count, outcome) = toRelay.write(to: relay, plan.toRelay)
            tally.bytesToRelay += count
            outcomes.append(outcome)
        }
        if !plan.fromRelay.isStalled {
            if relayIsReady { outcomes.append(fromRelay.read(from: relay) { _ in isAnswered = true }) }
            let (count, outcome) = fromRelay.write(to: client, plan.fromRelay)
            tally.bytesFromRelay += count
            outcomes.append(outcome)
        }
        if outcomes.contains(.broken) {
            // One side has gone with a reset: so does the other.
            reset()
        } else if toRelay.hasReachedLimit || fromRelay.hasReachedLimit {
            end(by: plan.breaking, now: now)
            tally.count(plan.breaking)
        } else if toRelay.isDone, fromRelay.isDone {
            close()
        }
    }

    /// Breaks it.
    func end(by breaking: ConnectionBreak, now: ContinuousClock.Instant) {
        guard isCarrying else { return }
        switch breaking {
        case .silence: state = .silent
        case .reset: reset()
        case .cut:
            // Closing at once would turn into a reset wherever unread bytes are left.
            shutdown(client, Int32(SHUT_WR))
            shutdown(relay, Int32(SHUT_WR))
            state = .closing(until: now + .milliseconds(500))
        }
    }

    func reset() {
        for socket in [client, relay] {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }

    func close() {
        if isClosed { return }
        state = .closed
        _ = Socket.close(client)
        _ = Socket.close(relay)
    }

    private func remember(_ bytes: ArraySlice<UInt8>) {
        if isAnswered {
            request = []
            isAnswered = false
        }
        guard let count = request?.count, count + bytes.count <= Self.requestLimit else {
            request = nil
            return
        }
        request?.append(contentsOf: bytes)
    }

    /// Takes what came on a socket that nobody listens to any more.
    ///
    /// - Returns: false when its other side has closed, or goes on as if nothing had happened.
    private func isOpen(_ socket: Int32) -> Bool {
        var block = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &block, block.count, 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR)
    }
}
