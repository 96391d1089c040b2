/// What a subscriber asks for next, when it tries again and when it gives up.
///
/// ```
///             start                    data                     data
///  joining ───────────► (request) ───────────► following(n) ───────────► following(n + 1)
///     ▲ 404, no relay: wait                        │  470: too old, or the relay forgot
///     └────────                                    ▼
///                                              rejoining ─── data ───► following
///  any: closed ► ended        any: refused, or an outage beyond its limit ► ended
/// ```
/// A relay of which nothing is known yet and that is silent is asked for its next number, which every relay answers at once: that
/// tells a quiet channel from a dead connection, and what the relay can do.
///
/// Each event is answered with one action; `now` is a time on any clock that never runs backwards.
public struct SubscriptionState: Sendable {
    /// For how long to bear with what is missing, and where to go on after losing one's place.
    public struct Policy: Hashable, Sendable {
        /// For a channel that is not there, and for a relay that did not answer yet.
        public var waitForChannel: Duration
        /// For a relay that answered before and does not now.
        public var patience: Duration
        /// After falling out of the window, go on at the oldest segment that is kept rather than at the newest.
        public var rejoinsAtOldest: Bool

        public init(
            waitForChannel: Duration = .zero, patience: Duration = .seconds(15), rejoinsAtOldest: Bool = false
        ) {
            self.waitForChannel = waitForChannel
            self.patience = patience
            self.rejoinsAtOldest = rejoinsAtOldest
        }
    }

    public enum Action: Hashable, Sendable {
        /// Read this segment; a request for it that is already under way will do. Data in answer to the one before is not wanted.
        case request(SegmentPosition)
        /// Ask for the number of the next segment, then report ``SubscriptionState/answered(_:now:jitter:)``.
        case requestNumber
        /// Report ``SubscriptionState/waited(now:)`` after this time.
        case wait(Duration)
        /// The answer is a segment to hand on.
        case deliver(Delivery)
        /// The channel has ended.
        case finish
        case fail(Failure)
    }

    /// A segment to hand on.
    public struct Delivery: Hashable, Sendable {
        public var sequence: SequenceNumber
        /// What was passed over before it.
        public var skipped: SkippedSegments?
        /// The numbering went back: the publisher or the relay began anew.
        public var isRestart = false
        /// What to ask for at once, while this one is read; nil after the largest number.
        public var following: SequenceNumber?
    }

    public enum Failure: Hashable, Sendable {
        case channelNotFound
        /// The relay could not be reached, or broke off, for as long as the policy bears it.
        case unreachable
        /// The relay was full or stopping for as long as the policy bears it.
        case busy
        case refused(status: Int)
        /// An answer with data that does not say which segment it is.
        case sequenceMissing
    }

    private enum Phase: Hashable, Sendable {
        /// Nothing was read yet.
        case joining(SegmentPosition)
        /// The position is so many segments back, and the relay may not know that form: its next number comes first, which a server
        /// without a route for it tells in its answer to a number that is far ahead.
        case locating(back: Int, byFarNumber: Bool)
        case following(SequenceNumber)
        /// The place was lost before `expected` was read.
        case rejoining(SegmentPosition, expected: SequenceNumber?)
        case ended
    }

    public let policy: Policy
    private var phase: Phase
    private var outage = Outage()
    private var hasJoined = false
    private var lastDelivered: SequenceNumber?
    /// The relay's connection broke since the last answer with data.
    private var lostRelay = false
    /// The channel's next number when the place was lost.
    private var nextWhenLost: SequenceNumber?
    /// The relay was silent before it said what it can do: its next number is asked for.
    private var isProbing = false
    private var requestedAt: Duration = .zero
    /// The channel went away without the word that it had ended: what followed on this segment may be missing.
    public private(set) var lastBeforeSilentEnd: SequenceNumber?
    /// What the relay can do; nil until it has answered.
    public private(set) var features: RelayFeatures?

    public init(from start: SegmentPosition, policy: Policy = .init()) {
        self.policy = policy
        if case .back(let count) = start {
            phase = .locating(back: count, byFarNumber: false)
        } else {
            phase = .joining(start)
        }
    }

    /// The subscription begins.
    public mutating func start(now: Duration) -> Action { request(now: now) }

    /// The connection broke while a segment was read: the relay may not be the one that it was.
    public mutating func readingBroke() { lostRelay = true }

    /// The time of a `.wait` is over.
    public mutating func waited(now: Duration) -> Action { request(now: now) }

    /// The head of an answer has come.
    public mutating func answered(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        features = (features ?? []).union(head.features)
        if isProbing {
            // Whatever it says: it is there.
            isProbing = false
            return request(now: now)
        }
        if case .locating(let count, let isFar) = phase {
            if !isFar, head.lacksRoute, !knowsRelativePositions {
                phase = .locating(back: count, byFarNumber: true)
                return request(now: now)
            }
            if isFar, head.status == StatusCode.segmentNotFound, head.latest != nil {
                return data(head, now: now, jitter: jitter)
            }
            phase = .locating(back: count, byFarNumber: false)
        }
        switch head.status {
        case 200 where head.isChannelClosed: return finish()
        case 200: return data(head, now: now, jitter: jitter)
        case 204: return stillWaiting(head, now: now, jitter: jitter)
        case 404: return channelMissing(now: now, jitter: jitter)
        case StatusCode.segmentNotFound: return segmentMissing(head, now: now, jitter: jitter)
        case 429, 500...599:
            // It may be another that comes back.
            if hasJoined, head.status >= 500 { lostRelay = true }
            return retry(
                .busy, limit: outageLimit, now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: return fail(.refused(status: head.status))
        }
    }

    /// A request has ended before the head of an answer.
    public mutating func failed(_ failure: RequestFailure, now: Duration, jitter: Double) -> Action {
        if failure == .permanent { return fail(.unreachable) }
        if failure == .silent, features == nil, !isProbing {
            isProbing = true
            return request(now: now)
        }
        if failure == .silent, features?.contains(.wait) == false {
            // A server that gives no sign of life is asked again, to see whether it and the channel are there; one that waits even for a
            // number far ahead cannot tell where to begin.
            if case .locating = phase { phase = .joining(.current) }
            return request(now: now)
        }
        isProbing = false
        lostRelay = true
        return retry(.unreachable, limit: outageLimit, now: now, jitter: jitter)
    }
}

extension SubscriptionState {
    private mutating func request(now: Duration) -> Action {
        requestedAt = now
        if isProbing { return .requestNumber }
        switch phase {
        case .joining(let position), .rejoining(let position, _): return .request(position)
        case .locating(_, let isFar): return isFar ? .request(.exact(.farAhead)) : .requestNumber
        case .following(let number): return .request(.exact(number))
        case .ended: preconditionFailure("a subscription that has ended was asked to go on")
        }
    }

    private mutating func finish() -> Action {
        phase = .ended
        return .finish
    }

    private mutating func fail(_ failure: Failure) -> Action {
        phase = .ended
        return .fail(failure)
    }

    /// How long a relay may be away: whoever was connected once is patient.
    public var outageLimit: Duration {
        hasJoined ? max(policy.patience, policy.waitForChannel) : policy.waitForChannel
    }

    private mutating func retry(
        _ failure: Failure, limit: Duration, now: Duration, jitter: Double, atLeast: Duration = .zero
    ) -> Action {
        guard let wait = outage.wait(now: now, limit: limit, jitter: jitter, atLeast: atLeast) else {
            return fail(failure)
        }
        return .wait(wait)
    }

    /// The relay ended a wait that had no result. One that does so at once is not asked in a tight loop.
    private mutating func stillWaiting(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        // The number that was waited for may be there before the next request is.
        if case .joining = phase, let sequence = head.sequence { phase = .joining(.exact(sequence)) }
        if now - requestedAt < .milliseconds(500) { return .wait(outage.pause(jitter: jitter)) }
        outage.end()
        return request(now: now)
    }

    private mutating func channelMissing(now: Duration, jitter: Double) -> Action {
        // A channel that was closed in the meantime has its segments for a while, by their exact numbers only.
        if case .rejoining(let position, let expected?) = phase, let next = nextWhenLost, next > expected {
            nextWhenLost = nil
            if case .exact = position {
            } else {
                let oldest = policy.rejoinsAtOldest ? Self.longestPlainWindow : 1
                let first = max(expected.value, next.value - oldest)
                phase = .rejoining(.exact(SequenceNumber(first) ?? .zero), expected: expected)
                return request(now: now)
            }
        }
        guard hasJoined else {
            return retry(.channelNotFound, limit: policy.waitForChannel, now: now, jitter: jitter)
        }
        // A relay that comes back has its channels again only when their publishers come back too. Otherwise the channel was there, and
        // has ended: a server tells nobody who did not wait at that moment.
        if lostRelay, let wait = outage.wait(now: now, limit: outageLimit, jitter: jitter) { return .wait(wait) }
        lastBeforeSilentEnd = lastDelivered
        return finish()
    }
}

// Data, and where to go on when there is none.
extension SubscriptionState {
    private mutating func data(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        if case .locating(let count, _) = phase {
            guard let next = head.latest else { return fail(.sequenceMissing) }
            outage.end()
            phase =
                knowsRelativePositions
                ? .joining(.back(count))
                : .rejoining(Self.oldest(near: next, atMost: count + 1), expected: nil)
            return request(now: now)
        }
        guard let sequence = head.sequence else { return fail(.sequenceMissing) }
        let delivery = delivery(of: sequence)
        if delivery.isRestart, lostRelay, let expected, isRepetition(sequence, expected: expected) {
            // What has been handed on is not handed on again.
            phase = .following(expected)
            return .wait(outage.pause(jitter: jitter))
        }
        outage.end()
        lostRelay = false
        hasJoined = true
        lastDelivered = sequence
        if let next = sequence.next { phase = .following(next) } else { phase = .ended }
        return .deliver(delivery)
    }

    /// The number that follows on what was read, or that was asked for.
    private var expected: SequenceNumber? {
        switch phase {
        case .following(let number), .joining(.exact(let number)): number
        case .rejoining(_, let number): number
        case .joining, .locating, .ended: nil
        }
    }

    /// Whether a relay that lost its memory has been given again what this reader has had: the last segments of a publisher,
    /// whose acknowledgements were lost with it.
    private func isRepetition(_ sequence: SequenceNumber, expected: SequenceNumber) -> Bool {
        hasJoined && sequence < expected && expected.value - sequence.value <= Self.maximumUnacknowledged
    }

    /// How many segments a publisher sends before the first of them has been acknowledged.
    public static let maximumUnacknowledged = 3

    /// How `sequence` follows on what was read or asked for.
    private func delivery(of sequence: SequenceNumber) -> Delivery {
        var delivery = Delivery(sequence: sequence, following: sequence.next)
        guard let expected else { return delivery }
        if sequence > expected {
            delivery.skipped = SkippedSegments(first: expected, count: sequence.value - expected.value)
        }
        delivery.isRestart = sequence < expected
        return delivery
    }

    private mutating func segmentMissing(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        let next = head.latest
        switch phase {
        case .following(let expected):
            // While a publisher takes over, the number may be neither there nor waited for.
            if next == expected { return .wait(outage.pause(jitter: jitter)) }
            if let next, lostRelay, isRepetition(next, expected: expected) {
                return .wait(outage.pause(jitter: jitter))
            }
            nextWhenLost = next
            phase = .rejoining(rejoinPosition(next: next), expected: expected)
        case .joining(.exact(let number)):
            // Too new: it will come.
            if let next, next <= number { return .wait(outage.pause(jitter: jitter)) }
            phase = .rejoining(rejoinPosition(next: next), expected: number)
        case .rejoining(.exact(let number), let expected):
            // Looking for the oldest that is kept, number by number.
            let following = SequenceNumber(number.value + 1)
            let position = following.flatMap { $0 < next ?? .zero ? SegmentPosition.exact($0) : nil } ?? .current
            phase = .rejoining(position, expected: expected)
        case .joining, .rejoining: return .wait(outage.pause(jitter: jitter))
        case .locating: return fail(.refused(status: head.status))
        case .ended: preconditionFailure("an answer came to a subscription that has ended")
        }
        return request(now: now)
    }

    /// Relays that announce features know `-N`.
    private var knowsRelativePositions: Bool { !(features ?? []).isEmpty }

    private func rejoinPosition(next: SequenceNumber?) -> SegmentPosition {
        guard policy.rejoinsAtOldest else { return .current }
        // The answer to one that is too large is the oldest that is kept.
        if knowsRelativePositions { return .back(1 << 32) }
        return next.map { Self.oldest(near: $0, atMost: Self.longestPlainWindow) } ?? .current
    }

    /// More segments than any server keeps that does not know `-N`.
    private static let longestPlainWindow = 16

    /// Where to begin to look for the oldest segment on a server that does not know `-N`.
    private static func oldest(near next: SequenceNumber, atMost count: Int) -> SegmentPosition {
        let distance = min(count, longestPlainWindow)
        return .exact(SequenceNumber(max(0, next.value - distance)) ?? .zero)
    }
}
