/// What a reader is told of a segment, besides its bytes.
public struct SegmentHead: Sendable, Equatable {
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

    public init(_ delivery: SubscriptionState.Delivery, answer: AnswerHead) {
        sequence = delivery.sequence
        contentType = answer.contentType
        latest = answer.latest
        size = answer.size
        skipped = delivery.skipped
        isRestart = delivery.isRestart
    }
}
