/// How the bytes of one segment come to a reader, over as many requests as it takes.
///
/// ```
///  reading ─── end ──────────────────────────────────────────► ended: whole, or aborted
///   ▲    │ broke, or fell silent
///   │    ├── the relay knows no ranges ──────────────────────► ended: cut
///   │    ▼
///   │  requesting(from N) ── N bytes were all there is ──────► ended: whole, or aborted
///   └─ 206 ─┘  │   ▲   │    another segment, or none ────────► ended: cut
///              ▼   │   │
///        nothing yet, or no answer: wait and ask again ── for longer than `patience` ─► ended: failed
/// ```
/// A request after the first asks for a range (`Range: bytes=N-9007199254740991`, RFC 8673) of the very segment that was being read (`If-Range`),
/// so that no byte comes twice and two segments are never joined.
public struct SegmentReadState: Sendable {
    public enum Action: Hashable, Sendable {
        /// Read on in the answer that is under way.
        case read
        /// Ask for the segment's bytes from this one on, then report ``SegmentReadState/answered(_:now:jitter:)``.
        case request(from: Int)
        /// Report ``SegmentReadState/waited(now:)`` after this time.
        case wait(Duration)
        /// Nothing is missing.
        case finish
        /// The segment ends here, and is not whole: its publisher, or the relay, broke it off.
        case abort(by: String)
        /// The rest cannot be had.
        case cut(Cut)
        /// The relay was away for as long as this reader bears it.
        case fail
    }

    /// Why the rest of a segment cannot be had.
    public struct Cut: Hashable, Sendable {
        public enum Cause: Hashable, Sendable {
            /// The connection broke, and the relay knows no ranges.
            case broken
            /// The relay keeps the segment no more.
            case gone
            /// Another segment has its number now.
            case replaced
            /// The relay refuses to give it.
            case refused(status: Int)
        }

        public let cause: Cause
        /// How many bytes are missing, where that is known.
        public let missing: Int?
    }

    private enum Phase: Hashable, Sendable {
        case reading
        case requesting(since: Duration)
        case ended
    }

    /// The tag of the segment's incarnation (RFC 9110, section 8.8.3); nil where it cannot be resumed.
    public let entityTag: String?
    /// How many bytes have come, or were passed over: the place of the next one.
    public private(set) var received = 0
    /// How many bytes the segment has, once a relay has told.
    private var total: Int?
    private var phase = Phase.reading
    private var outage = Outage()
    private let patience: Duration

    /// - Parameters:
    ///   - head: what the first answer says of the segment, whose bytes come with it.
    ///   - patience: for how long to try again without progress.
    public init(_ head: AnswerHead, patience: Duration) {
        entityTag = head.features.contains(.range) ? head.entityTag : nil
        total = head.contentLength
        self.patience = patience
    }

    /// Whether a broken connection, or a silent one, is replaced.
    public var resumes: Bool { entityTag != nil }

    /// Bytes have come.
    public mutating func received(_ count: Int) {
        received += count
        if count > 0 { outage.end() }
    }

    /// The reader goes on at another byte, further on or further back.
    ///
    /// - Returns: nil when the relay cannot do that; nothing changes then.
    public mutating func skipped(to offset: Int, now: Duration) -> Action? {
        guard resumes else { return nil }
        received = offset
        return request(now: now)
    }

    /// The answer has come to its proper end; `abortedBy` says who broke the segment off before its own.
    public mutating func ended(abortedBy: String?) -> Action { end(abortedBy: abortedBy) }

    /// The answer broke, or the request had none.
    public mutating func failed(_ failure: RequestFailure, now: Duration, jitter: Double) -> Action {
        guard resumes, failure != .permanent else { return cut(.broken) }
        return retry(now: now, jitter: jitter)
    }

    /// The time of a `.wait` is over.
    public mutating func waited(now: Duration) -> Action { request(now: now) }

    /// The head of the answer to a request for the rest has come.
    public mutating func answered(_ head: AnswerHead, now: Duration, jitter: Double) -> Action {
        guard case .requesting(let since) = phase else { preconditionFailure("an answer came to no request") }
        if let total = head.rangeTotal { self.total = total }
        switch head.status {
        case 206:
            guard head.rangeStart == received, head.entityTag == entityTag else { return cut(.replaced) }
            phase = .reading
            return .read
        case 204:
            // It is alive, and has nothing yet. One that says so at once is not asked in a tight loop.
            outage.end()
            if now - since >= .milliseconds(500) { return request(now: now) }
            return .wait(outage.pause(jitter: jitter))
        case 416 where head.rangeTotal == received: return end(abortedBy: head.abortedBy)
        case 416: return cut(.replaced)
        case 200 where head.isChannelClosed: return cut(.gone)
        case 200: return cut(.replaced)
        case 404, StatusCode.segmentNotFound: return cut(.gone)
        case 408, 429, 500...599: return retry(now: now, jitter: jitter, atLeast: head.retryAfter ?? .zero)
        default: return cut(.refused(status: head.status))
        }
    }
}

extension SegmentReadState {
    private mutating func end(abortedBy: String?) -> Action {
        phase = .ended
        return abortedBy.map { .abort(by: $0) } ?? .finish
    }

    private mutating func cut(_ cause: Cut.Cause) -> Action {
        phase = .ended
        return .cut(Cut(cause: cause, missing: total.flatMap { $0 > received ? $0 - received : nil }))
    }

    private mutating func request(now: Duration) -> Action {
        phase = .requesting(since: now)
        return .request(from: received)
    }

    private mutating func retry(now: Duration, jitter: Double, atLeast: Duration = .zero) -> Action {
        guard let wait = outage.wait(now: now, limit: patience, jitter: jitter, atLeast: atLeast) else {
            phase = .ended
            return .fail
        }
        return wait == .zero ? request(now: now) : .wait(wait)
    }
}
