/// One segment that is being read. Letting go of it, and of its body, ends its transfer.
public struct SubscribedSegment: Sendable {
    public let sequence: SequenceNumber
    /// The channel's media type, where the relay tells it.
    public let contentType: String?
    /// The number that was next when the relay answered. A live reader sees `sequence + 1`.
    public let latest: SequenceNumber
    /// How many bytes were there when the relay answered, where it tells: the rest is live.
    public let size: Int?
    /// What was passed over between the segment before and this one.
    public let skipped: SkippedSegments?
    /// The bytes, as they trickle in; for one reader.
    public let body: SegmentBody
}

/// The bytes of a segment in pieces, each as soon as it is there, of at most 320 KiB.
///
/// It ends at the segment's proper end. A segment that is not whole ends with a ``TrickleError`` whose code is `segmentAborted`
/// or `segmentCut`, after all the bytes that came; the sequence of segments goes on after either. A slow reader
/// slows the transfer down; one that falls out of the relay's window is cut.
public struct SegmentBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    public func makeAsyncIterator() -> AsyncIterator { fatalError() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        public mutating func next() async throws -> [UInt8]? { fatalError() }
    }
}
