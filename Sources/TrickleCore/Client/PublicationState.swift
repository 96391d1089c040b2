/// How a publisher comes to its channel, and which number its next segment has.
///
/// ```
///  idle ── open ─► creating ── 200 ─► numbering ── next ─► open(n) ── takeNumber ─► open(n + 1)
///                      │ refused           │ refused
///                      └────────► ended ◄──┘
/// ```
public struct PublicationState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Create the channel; it may be there already.
        case create
        /// Ask for the number that is next.
        case requestNumber
        /// Ask for a number that is far ahead: the refusal tells the one that is next.
        case requestFarNumber
        /// Report ``PublicationState/waited()`` after this time.
        case wait(Duration)
        /// Segments can be published.
        case ready
        case fail(Failure)
    }

    public enum Failure: Hashable, Sendable {
        /// There is no such channel and the relay creates none on request.
        case channelNotFound
        case unreachable
        case busy
        case refused(status: Int)
    }

    private enum Phase: Hashable, Sendable {
        case idle
        case creating
        case numbering
        case numberingByFarNumber
        case open(next: SequenceNumber?)
        case ended
    }

    private var phase = Phase.idle
    private var outage = Outage()
    private let patience: Duration
    /// What the relay can do, once it has answered.
    public private(set) var features: RelayFeatures = []
    /// The number that was taken last.
    public private(set) var lastTaken: SequenceNumber?

    /// - Parameter patience: for how long to bear with connections that break and a relay that is full. One that cannot be reached at all
    ///   is not waited for.
    public init(patience: Duration = .zero) { self.patience = patience }

    public var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// The number that is taken next; nil while none is known, and after the largest.
    public var next: SequenceNumber? {
        if case .open(let next) = phase { next } else { nil }
    }

    public mutating func open() -> Action {
        guard case .idle = phase else { preconditionFailure("a publication is opened once") }
        phase = .creating
        return .create
    }

    /// The relay has answered what was asked last; ``AnswerHead/latest`` is the number that is next, taken from the body where no
    /// header tells it.
    public mutating func answered(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        features.formUnion(head.features)
        switch (phase, head.status) {
        case (.creating, 200..<300):
            outage.end()
            if let next = head.latest {
                phase = .open(next: next)
                return .ready
            }
            phase = .numbering
            return .requestNumber
        case (.numbering, 200):
            phase = .open(next: head.latest ?? .zero)
            return .ready
        case (.numbering, _) where head.lacksRoute:
            phase = .numberingByFarNumber
            return .requestFarNumber
        case (.numberingByFarNumber, ..<500) where head.status != 429:
            // The channel was made a moment ago: where nothing is told, it begins at 0.
            phase = .open(next: head.latest ?? .zero)
            return .ready
        case (.creating, 404): return fail(.channelNotFound)
        case (.creating, 409) where head.ownedFor == nil:
            // The owner has gone, and is waited for.
            let limit = min(patience, Outage.ownerPatience)
            return retry(.refused(status: 409), limit: limit, now: now, jitter: jitter)
        case (_, 429), (_, 500...599): return retry(.busy, now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: return fail(.refused(status: head.status))
        }
    }

    public mutating func failed(_ failure: RequestFailure, now: Duration, jitter: Double) -> Action {
        if phase == .numberingByFarNumber, failure == .silent {
            // It waits for that number.
            phase = .open(next: .zero)
            return .ready
        }
        // Once it has answered it is there, and may come back.
        let mayCome = failure == .broken || phase != .creating
        guard failure != .permanent, mayCome else { return fail(.unreachable) }
        return retry(.unreachable, now: now, jitter: jitter)
    }

    /// The time of a `.wait` is over.
    public func waited() -> Action {
        switch phase {
        case .creating: .create
        case .numbering: .requestNumber
        case .numberingByFarNumber: .requestFarNumber
        case .idle, .open, .ended: preconditionFailure("a publication was not waiting")
        }
    }

    /// The number of the segment that is begun now.
    ///
    /// - Returns: nil after the largest there is.
    public mutating func takeNumber() -> SequenceNumber? {
        guard case .open(let next) = phase else { preconditionFailure("a number was taken from a channel not open") }
        phase = .open(next: next?.next)
        lastTaken = next
        return next
    }

    private mutating func fail(_ failure: Failure) -> Action {
        phase = .ended
        return .fail(failure)
    }

    private mutating func retry(
        _ failure: Failure, limit: Duration? = nil, now: Duration, jitter: Double, atLeast: Duration = .zero
    ) -> Action {
        guard let wait = outage.wait(now: now, limit: limit ?? patience, jitter: jitter, atLeast: atLeast) else {
            return fail(failure)
        }
        return .wait(wait)
    }
}
