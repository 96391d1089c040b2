import MPEGTS

/// What has to be done with a segment, in order; the segmenter's events with bytes of their own.
package enum SegmentingStep: Equatable, Sendable {
    case begin(SegmentStart)
    case bytes([UInt8])
    case end(SegmentEnd)
    case notice(Oddity)

    var isBegin: Bool { if case .begin = self { true } else { false } }
    var isNotice: Bool { if case .notice = self { true } else { false } }
}

extension GOPSegmenter {
    /// The same as `receive`, as a list for asynchronous work. It holds about as many bytes as came in.
    package mutating func steps(for bytes: [UInt8], now: Duration) throws -> [SegmentingStep] {
        var steps: [SegmentingStep] = []
        try receive(bytes.span.bytes, now: now) { event in steps.add(event) }
        return steps
    }

    /// The same as `finish`.
    package mutating func finalSteps() throws -> [SegmentingStep] {
        var steps: [SegmentingStep] = []
        try finish { event in steps.add(event) }
        return steps
    }
}

extension [SegmentingStep] {
    /// Adds an event; bytes that follow bytes become one step.
    fileprivate mutating func add(_ event: borrowing SegmenterEvent) {
        switch event {
        case .segmentStarted(let start): append(.begin(start))
        case .segmentEnded(let end): append(.end(end))
        case .notice(let oddity): append(.notice(oddity))
        case .bytes(let span):
            let added = span.withUnsafeBytes { Array<UInt8>($0) }
            if case .bytes(var before) = last {
                removeLast()
                before += added
                append(.bytes(before))
            } else {
                append(.bytes(added))
            }
        }
    }
}
