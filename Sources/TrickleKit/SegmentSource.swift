import Synchronization
import TrickleCore

/// Where the bytes of one segment come from: carries out what its state decides. Its transfer ends when nobody holds it any more.
final class SegmentSource: Sendable {
    private let sequence: SequenceNumber
    private let route: ChannelRoute
    private let features: RelayFeatures
    private let tally: Subscriber.Tally
    private let breakage: Breakage

    private struct State {
        var reading: SegmentReadState
        var transfer: Transfer
        /// Why the last request had no result.
        var lastError: TrickleError?
        /// The end was reached, and told where it was no proper one.
        var hasEnded = false
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - transfer: the request whose answer has begun with `head`.
    ///   - patience: for how long to try again without progress.
    ///   - breakage: is told when a connection breaks under way.
    init(
        _ sequence: SequenceNumber, _ transfer: Transfer, head: AnswerHead, route: ChannelRoute, patience: Duration,
        tally: Subscriber.Tally, breakage: Breakage
    ) {
        self.sequence = sequence
        self.route = route
        self.tally = tally
        self.breakage = breakage
        features = head.features
        let reading = SegmentReadState(head, patience: patience)
        transfer.silenceLimit = reading.resumes ? route.configuration.stallTimeout : nil
        state = Mutex(State(reading: reading, transfer: transfer))
    }

    deinit { state.withLock { $0.transfer }.cancel() }

    /// More bytes; nil at the proper end.
    func next() async throws -> [UInt8]? {
        while let transfer = state.withLock({ $0.hasEnded ? nil : $0.transfer }) {
            if let bytes = try await transfer.nextBytes() {
                tally.count { $0.bytes += bytes.count }
                state.withLock { $0.reading.received(bytes.count) }
                return bytes
            }
            try await goOn(after: ended(transfer))
        }
        return nil
    }

    /// Goes on at another byte.
    ///
    /// - Returns: false when the relay cannot do that.
    func skip(to offset: Int) async throws -> Bool {
        let (transfer, action) = state.withLock { state in
            let action = state.reading.skipped(to: offset, now: .now)
            if action != nil { state.hasEnded = false }
            return (state.transfer, action)
        }
        guard let action else { return false }
        transfer.cancel()
        try await goOn(after: action)
        return true
    }

    private func ended(_ transfer: Transfer) -> SegmentReadState.Action {
        guard case .failed(let failure) = transfer.ending else {
            return state.withLock { $0.reading.ended(abortedBy: transfer.abortedBy) }
        }
        return failed(failure)
    }

    private func failed(_ failure: TransferFailure) -> SegmentReadState.Action {
        // Silence alone is no sign that the relay is not the one that it was.
        if failure.kind != .silent { breakage.happens() }
        route.outages.failed(failure.error)
        return state.withLock { state in
            state.lastError = failure.error
            return state.reading.failed(failure.kind, now: .now, jitter: .random(in: 0..<1))
        }
    }

    /// Does what is to be done until there is something to read again, or the end.
    private func goOn(after first: SegmentReadState.Action) async throws {
        var action = first
        while true {
            switch action {
            case .read: return
            case .request(let offset): action = try await request(from: offset)
            case .wait(let time):
                try await Task.sleep(for: time)
                action = state.withLock { $0.reading.waited(now: .now) }
            case .finish: return state.withLock { $0.hasEnded = true }
            case .abort, .cut, .fail:
                state.withLock { $0.hasEnded = true }
                throw error(for: action)
            }
        }
    }

    private func request(from offset: Int) async throws -> SegmentReadState.Action {
        let (tag, lastError) = state.withLock { ($0.reading.entityTag, $0.lastError) }
        guard let tag else { preconditionFailure("a segment without a tag is not resumed") }
        var request = route.readRest(of: sequence, from: offset, tag: tag, features: features)
        if let lastError {
            request.needsNewConnection = true
            tally.count { $0.reconnections += 1 }
            route.configuration.logger.debug(
                "segment \(sequence) of '\(route.channel)' goes on at byte \(offset): \(lastError.message)")
        }
        let transfer = Transfer(request)
        state.withLock { $0.transfer = transfer }
        transfer.start()
        switch try await transfer.awaitHead() {
        case .failed(let failure): return failed(failure)
        case .answered(let head):
            route.outages.answered()
            let action = state.withLock { state in
                state.lastError = nil
                return state.reading.answered(head, now: .now, jitter: .random(in: 0..<1))
            }
            if action == .read {
                transfer.silenceLimit = route.configuration.stallTimeout
            } else if head.status == 200 {
                transfer.cancel()
            } else {
                let body = try await transfer.awaitBody(limit: ChannelRoute.shortBodyLimit) ?? []
                let error = route.refusal(
                    of: "read on in '\(route.channel)'", head: head, body: body)
                if head.status != 204 { state.withLock { $0.lastError = error } }
            }
            return action
        }
    }

    private func error(for action: SegmentReadState.Action) -> TrickleError {
        let lastError = state.withLock { $0.lastError }
        switch action {
        case .abort(let publisher):
            tally.count { $0.segmentsAborted += 1 }
            return TrickleError(
                .segmentAborted, "segment \(sequence) is not whole: it was broken off by the \(publisher)")
        case .cut(let cut):
            tally.count { counts in
                counts.segmentsCut += 1
                counts.bytesMissing += cut.missing ?? 0
            }
            let missing = cut.missing.map { " (\($0) bytes are missing)" } ?? ""
            return TrickleError(
                .segmentCut, "segment \(sequence) was cut off\(missing): \(reason(of: cut))", underlying: lastError
            )
        default:
            tally.count { $0.segmentsCut += 1 }
            return lastError ?? route.refusal(of: "read '\(route.channel)'", head: nil, body: [])
        }
    }

    private func reason(of cut: SegmentReadState.Cut) -> String {
        switch cut.cause {
        case .broken: "the connection broke, and this relay cannot go on inside a segment"
        case .gone where breakage.hasHappened:
            "the relay no longer has it; it has been started again, or this reader was away for longer than it keeps segments"
        case .gone: "the relay no longer has it; a reader that is slower than the publisher falls out of the window"
        case .replaced: "its publisher, or the relay, began anew"
        case .refused(let status): "the relay refuses to go on (\(status))"
        }
    }
}

/// Whether a connection has broken: told by who reads a segment, to who asks for the next.
final class Breakage: Sendable {
    private let flag = Atomic(false)

    var hasHappened: Bool { flag.load(ordering: .acquiring) }
    func happens() { flag.store(true, ordering: .releasing) }
}
