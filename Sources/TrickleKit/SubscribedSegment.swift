import TrickleCore

/// One segment that is being read. Letting go of it, and of its body, ends its transfer.
public struct SubscribedSegment: Sendable {
    public let sequence: SequenceNumber
    /// The channel's media type, where the relay tells it.
    public let contentType: String?
    /// The number that was next when the relay answered, where it tells: a live reader sees `sequence + 1`, or nothing.
    public let latest: SequenceNumber?
    /// How many bytes were there when the relay answered, where it tells: the rest is live.
    public let size: Int?
    /// What was passed over between the segment before and this one.
    public let skipped: SkippedSegments?
    /// The numbers went back: the publisher or the relay began anew, and what follows does not continue what was read.
    public let isRestart: Bool
    /// The bytes, as they trickle in; for one reader.
    public let body: SegmentBody

    init(_ delivery: SubscriptionState.Delivery, head: AnswerHead, body: SegmentBody) {
        sequence = delivery.sequence
        contentType = head.contentType
        latest = head.latest
        size = head.size
        skipped = delivery.skipped
        isRestart = delivery.isRestart
        self.body = body
    }
}
