/// Why a request is not carried out: what the peer is told.
public enum RelayRefusal: Error, Equatable, Sendable {
    /// No such channel, and none is made.
    case channelNotFound
    /// The segment is too old or too new; `next` is where the channel is.
    case segmentNotFound(asked: SequenceNumber, next: SequenceNumber)
    /// The name is one of the relay's own.
    case internalChannel
    /// A segment cannot be published at that position.
    case notPublishable(SegmentPosition)
    /// Another publishes the channel, and has for so long; nil where it has gone and is waited for.
    case ownedByAnother(for: Duration?)
    /// A resumed POST does not fit what the segment has.
    case offsetMismatch(size: Int)
    case segmentTooLarge(limit: Int)
    case tooManyOpenSegments(limit: Int)
    case tooManyPreconnected(limit: Int)
    case tooManyChannels(limit: Int)
    case tooManyReaders(limit: Int)
    case outOfMemory(limit: Int)
    /// The largest sequence number is used up.
    case noNumbersLeft
    /// The relay is going down; another will answer soon.
    case draining
}
