import TrickleTesting

@testable import TrickleCore

/// A reader made of ``SubscriptionState`` and ``SegmentReadState`` alone, whose connections break at any byte.
struct ModelReader {
    private enum Link {
        case idle
        case waiting(until: Duration)
        case asked(SegmentPosition)
        case waitsFor(ReadTicket, incarnation: Int)
        case reads(Reading)
    }

    /// A segment under way.
    private struct Reading {
        enum Step {
            /// The answer streams from the segment.
            case streaming(SegmentID, incarnation: Int)
            case asked(from: Int)
            case waiting(until: Duration)
        }

        let number: Int
        var state: SegmentReadState
        var step: Step
    }

    /// The bytes of each segment that was handed on, in the order in which they were.
    private(set) var delivered: [(number: Int, bytes: [UInt8], isWhole: Bool)] = []
    private(set) var skipped: [SkippedSegments] = []
    private(set) var end: SubscriptionState.Action?
    private var state: SubscriptionState
    private var link = Link.idle

    init(policy: SubscriptionState.Policy) { state = SubscriptionState(from: .exact(0), policy: policy) }

    var isDone: Bool { end != nil }
    var lastBeforeSilentEnd: SequenceNumber? { state.lastBeforeSilentEnd }

    mutating func turn(_ network: inout ModelNetwork) {
        guard end == nil else { return }
        switch link {
        case .idle: carryOut(state.start(now: network.now), network)
        case .waiting(let until): if network.now >= until { carryOut(state.waited(now: network.now), network) }
        case .asked(let position): ask(position, &network)
        case .waitsFor(let ticket, let incarnation): wait(ticket, incarnation, &network)
        case .reads(let reading): read(reading, &network)
        }
    }

    private mutating func carryOut(_ action: SubscriptionState.Action, _ network: ModelNetwork) {
        switch action {
        case .request(let position): link = .asked(position)
        case .wait(let time): link = .waiting(until: network.now + time)
        case .finish, .fail: end = action
        case .deliver, .requestNumber: preconditionFailure("\(action) is not carried out here")
        }
    }

    private mutating func failed(_ network: ModelNetwork) {
        carryOut(state.failed(.broken, now: network.now, jitter: network.jitter), network)
    }

    // MARK: Waiting for a segment

    private mutating func ask(_ position: SegmentPosition, _ network: inout ModelNetwork) {
        if network.breaks(10) { return failed(network) }
        do {
            take(try network.relay.store.read(network.relay.name, at: position), &network)
        } catch {
            carryOut(state.answered(ModelNetwork.head(error), now: network.now, jitter: network.jitter), network)
        }
    }

    private mutating func wait(_ ticket: ReadTicket, _ incarnation: Int, _ network: inout ModelNetwork) {
        if incarnation == network.incarnation { network.relay.store.dismissReader(of: ticket.channel) }
        if incarnation != network.incarnation || network.breaks(5) { return failed(network) }
        do {
            take(try network.relay.store.retry(ticket), &network)
        } catch {
            carryOut(state.answered(ModelNetwork.head(error), now: network.now, jitter: network.jitter), network)
        }
    }

    private mutating func take(_ answer: ReadAnswer, _ network: inout ModelNetwork) {
        switch answer {
        case .wait(let ticket, _):
            try? network.relay.store.admitReader(of: ticket.channel)
            link = .waitsFor(ticket, incarnation: network.incarnation)
        case .closed:
            var head = ModelNetwork.head()
            head.isChannelClosed = true
            carryOut(state.answered(head, now: network.now, jitter: network.jitter), network)
        case .segment(let view):
            var head = ModelNetwork.head()
            head.sequence = view.number
            head.latest = view.next
            head.entityTag = network.tag(view.id)
            if view.state == .complete { head.contentLength = view.byteCount }
            let action = state.answered(head, now: network.now, jitter: network.jitter)
            guard case .deliver(let delivery) = action else { return carryOut(action, network) }
            if let skip = delivery.skipped { skipped.append(skip) }
            delivered.append((delivery.sequence.value, [], false))
            network.relay.store.attach(view.id, on: RelayScenario.lane)
            link = .reads(
                Reading(
                    number: delivery.sequence.value, state: SegmentReadState(head, patience: .seconds(600)),
                    step: .streaming(view.id, incarnation: network.incarnation)))
        }
    }

    // MARK: Reading one

    private mutating func read(_ reading: Reading, _ network: inout ModelNetwork) {
        var reading = reading
        let action: SegmentReadState.Action?
        switch reading.step {
        case .waiting(let until):
            action = network.now >= until ? reading.state.waited(now: network.now) : nil
        case .asked(let offset): action = askOn(&reading, from: offset, &network)
        case .streaming(let id, let incarnation):
            action =
                incarnation == network.incarnation
                ? stream(&reading, id, &network)
                : broke(&reading, .broken, network)
        }
        link = .reads(reading)
        switch action {
        case nil, .read: break
        case .request(let offset):
            reading.step = .asked(from: offset)
            link = .reads(reading)
        case .wait(let time):
            reading.step = .waiting(until: network.now + time)
            link = .reads(reading)
        case .finish: leave(isWhole: true, network)
        case .abort, .cut, .fail: leave(isWhole: false, network)
        }
    }

    private mutating func leave(isWhole: Bool, _ network: ModelNetwork) {
        delivered[delivered.count - 1].isWhole = isWhole
        carryOut(state.waited(now: network.now), network)
    }

    private mutating func broke(
        _ reading: inout Reading, _ failure: RequestFailure, _ network: ModelNetwork
    ) -> SegmentReadState.Action {
        state.readingBroke()
        return reading.state.failed(failure, now: network.now, jitter: network.jitter)
    }

    private mutating func stream(
        _ reading: inout Reading, _ id: SegmentID, _ network: inout ModelNetwork
    ) -> SegmentReadState.Action? {
        var pieces: [BytesPiece] = []
        let progress = network.relay.store.pull(id, from: 0, on: RelayScenario.lane, into: &pieces)
        if progress == .leftBehind {
            return broke(&reading, .broken, network)
        }
        let rest = pieces.flatMap(\.bytes).dropFirst(reading.state.received)
        let breaks = network.breaks(20)
        let count = breaks ? Int.random(in: 0...rest.count, using: &network.random) : rest.count
        delivered[delivered.count - 1].bytes += rest.prefix(count)
        reading.state.received(count)
        if breaks {
            network.relay.store.detach(id, on: RelayScenario.lane)
            return broke(&reading, .broken, network)
        }
        switch progress {
        case .open, .leftBehind: return nil
        case .complete: return reading.state.ended(abortedBy: nil)
        case .aborted(let cause): return reading.state.ended(abortedBy: cause.rawValue)
        }
    }

    /// The relay's answer to a range of a segment that may have changed in between.
    private mutating func askOn(
        _ reading: inout Reading, from offset: Int, _ network: inout ModelNetwork
    ) -> SegmentReadState.Action? {
        if network.breaks(10) { return broke(&reading, .unreachable, network) }
        var head: AnswerHead
        do throws(RelayRefusal) {
            switch try network.relay.store.read(network.relay.name, at: .exact(SequenceNumber(reading.number)!)) {
            case .wait: return nil
            case .closed:
                head = ModelNetwork.head()
                head.isChannelClosed = true
            case .segment(let view):
                guard network.tag(view.id) == reading.state.entityTag else {
                    head = ModelNetwork.head()
                    break
                }
                if view.state == .open, offset == view.byteCount { return nil }
                if offset < view.byteCount {
                    head = ModelNetwork.head(status: 206)
                    head.rangeStart = offset
                    head.entityTag = network.tag(view.id)
                    reading.step = .streaming(view.id, incarnation: network.incarnation)
                    network.relay.store.attach(view.id, on: RelayScenario.lane)
                } else {
                    head = ModelNetwork.head(status: 416)
                    head.rangeTotal = view.byteCount
                    if case .aborted(let cause) = view.state { head.abortedBy = cause.rawValue }
                }
            }
        } catch {
            head = ModelNetwork.head(error)
        }
        return reading.state.answered(head, now: network.now, jitter: network.jitter)
    }
}
