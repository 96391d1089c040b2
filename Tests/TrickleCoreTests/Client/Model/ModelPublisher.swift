import TrickleTesting

@testable import TrickleCore

/// A publisher made of ``SegmentPublicationState`` alone, whose connections break at any byte.
struct ModelPublisher {
    private enum Link {
        case idle
        case waiting(until: Duration)
        case asked(SegmentPublicationState.Action)
        /// A POST is open; so many bytes of the segment have been sent, of which some may be on the way still.
        case open(PublicationID, incarnation: Int, sent: Int, start: Int, endSent: Bool)
    }

    let segments: [[UInt8]]
    /// The numbers of the segments that failed for good.
    private(set) var failed: [Int: SegmentPublicationState.Failure] = [:]
    private(set) var isDone = false
    private var current = 0
    private var state = SegmentPublicationState(patience: .seconds(600), resumes: true)
    private var link = Link.idle

    init(segments: [[UInt8]]) { self.segments = segments }

    mutating func turn(_ network: inout ModelNetwork) {
        guard !isDone else { return }
        switch link {
        case .idle:
            if current == segments.count {
                try? network.relay.store.closeChannel(network.relay.name, now: network.now)
                isDone = true
            } else {
                state = SegmentPublicationState(patience: .seconds(600), resumes: true)
                carryOut(state.start(), network)
            }
        case .waiting(let until):
            if network.now >= until { carryOut(state.waited(), network) }
        case .asked(let action): ask(action, &network)
        case .open(let id, let incarnation, let sent, let start, let endSent):
            goOn(id, incarnation, sent: sent, start: start, endSent: endSent, &network)
        }
    }

    private mutating func carryOut(_ action: SegmentPublicationState.Action, _ network: ModelNetwork) {
        switch action {
        case .post, .locate, .createChannel: link = .asked(action)
        case .wait(let time): link = .waiting(until: network.now + time)
        case .acknowledge: next()
        case .fail(let failure):
            failed[current] = failure
            next()
        }
    }

    private mutating func next() {
        current += 1
        link = .idle
    }

    private mutating func ask(_ action: SegmentPublicationState.Action, _ network: inout ModelNetwork) {
        if network.breaks(10) {
            return carryOut(
                state.failed(.unreachable, progress: .nothingSent, now: network.now, jitter: network.jitter), network)
        }
        do {
            switch action {
            case .post(let offset):
                let id = try network.relay.post(current, publisher: "me", offset: offset)
                link = .open(id, incarnation: network.incarnation, sent: offset, start: offset, endSent: false)
            case .createChannel:
                try network.relay.store.createChannel(network.relay.name, contentType: nil, now: network.now)
                carryOut(state.channelCreated(), network)
            default: try locate(&network)
            }
        } catch let refusal as RelayRefusal {
            let head = ModelNetwork.head(refusal)
            if action == .locate {
                carryOut(
                    state.located(
                        head, byteCount: segments[current].count, now: network.now, jitter: network.jitter), network)
            } else {
                carryOut(
                    state.answered(head, progress: .nothingSent, now: network.now, jitter: network.jitter), network)
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private mutating func locate(_ network: inout ModelNetwork) throws {
        var head = ModelNetwork.head()
        switch try network.relay.store.read(network.relay.name, at: .exact(SequenceNumber(current)!)) {
        case .segment(let view):
            head.size = view.byteCount
            head.segmentState =
                switch view.state {
                case .open: .open
                case .complete: .complete
                case .aborted: .aborted
                }
        case .wait: head.segmentState = .waiting
        case .closed: head.isChannelClosed = true
        }
        carryOut(
            state.located(head, byteCount: segments[current].count, now: network.now, jitter: network.jitter), network)
    }

    private mutating func goOn(
        _ id: PublicationID, _ incarnation: Int, sent: Int, start: Int, endSent: Bool, _ network: inout ModelNetwork
    ) {
        let segment = segments[current]
        let progress: SegmentPublicationState.Progress = endSent ? .endSent : sent > start ? .underWay : .nothingSent
        if incarnation != network.incarnation {
            return carryOut(
                state.failed(.broken, progress: progress, now: network.now, jitter: network.jitter), network)
        }
        if network.breaks(15) { return breakOff(id, progress, &network) }
        do throws(RelayRefusal) {
            if sent < segment.count {
                let count = Int.random(in: 1...(segment.count - sent), using: &network.random)
                // Some of what was sent may not have come when the connection breaks.
                let arriving = network.breaks(20) ? Int.random(in: 0...count, using: &network.random) : count
                var answer: RelayStore<BytesPiece>.PublishAnswer?
                if arriving > 0 {
                    let piece = BytesPiece(payload: Array(segment[sent..<sent + arriving]))
                    answer = try network.relay.store.append(piece, to: id, now: network.now)
                }
                if case .ended(let end) = answer { return ended(end, .underWay, network) }
                if arriving < count { return breakOff(id, .underWay, &network) }
                link = .open(id, incarnation: incarnation, sent: sent + count, start: start, endSent: false)
            } else {
                let answer = try network.relay.store.finish(id, now: network.now)
                if case .ended(let end) = answer { return ended(end, .endSent, network) }
                if network.breaks(30) {
                    // The answer is lost.
                    carryOut(
                        state.failed(.broken, progress: .endSent, now: network.now, jitter: network.jitter), network)
                } else {
                    carryOut(
                        state.answered(
                            ModelNetwork.head(), progress: .endSent, now: network.now, jitter: network.jitter), network)
                }
            }
        } catch {
            carryOut(
                state.answered(
                    ModelNetwork.head(error), progress: progress, now: network.now, jitter: network.jitter), network)
        }
    }

    private mutating func breakOff(
        _ id: PublicationID, _ progress: SegmentPublicationState.Progress, _ network: inout ModelNetwork
    ) {
        // The relay may not notice until the publisher is back, and takes over from itself.
        if network.chance(70) { network.relay.breakOff(id) }
        carryOut(state.failed(.broken, progress: progress, now: network.now, jitter: network.jitter), network)
    }

    private mutating func ended(
        _ end: PublicationEnd, _ progress: SegmentPublicationState.Progress, _ network: ModelNetwork
    ) {
        var head = ModelNetwork.head(status: end == .channelClosed ? 200 : 409)
        head.isChannelClosed = end == .channelClosed
        carryOut(state.answered(head, progress: progress, now: network.now, jitter: network.jitter), network)
    }
}
