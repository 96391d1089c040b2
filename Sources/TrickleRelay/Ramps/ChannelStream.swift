import NIOCore
import TrickleCore

/// A channel as one body without an end: from a place in one of its segments on, segment after segment, in the pieces that all readers
/// share.
public struct ChannelStream: Sendable {
    /// Why a reader cannot simply go on with the next bytes.
    public enum Gap: Sendable, Equatable {
        /// The window moved past it: it may go on wherever it is best.
        case fellBehind
        /// What came before that segment is not whole, or that segment is not there: it may go on there or later.
        case lost(before: SequenceNumber)
    }

    public var channel: ChannelName
    /// The segment to begin with.
    public var number: SequenceNumber
    /// Payload bytes of that segment to pass over; a multiple of ``unit``.
    public var offset: Int
    /// Sent before the segment's bytes.
    public var preamble: ByteBuffer
    /// The size of what is never torn, in bytes, counted from each segment's beginning: at a gap, and where a segment breaks off within
    /// one, none of it is sent.
    public var unit: Int
    /// Where a reader goes on behind a gap, and what marks it (the preamble); nil from it, or in its place, ends the answer as broken off.
    public var resume: (@Sendable (Gap) async -> ChannelStream?)?
    /// Let go of when the answer has ended: whoever counts viewers counts these.
    public var viewer: (any AnyObject & Sendable)?

    public init(
        channel: ChannelName, number: SequenceNumber, offset: Int = 0, preamble: ByteBuffer = ByteBuffer(),
        unit: Int = 1, viewer: (any AnyObject & Sendable)? = nil,
        resume: (@Sendable (Gap) async -> ChannelStream?)? = nil
    ) {
        self.channel = channel
        self.number = number
        self.offset = offset
        self.preamble = preamble
        self.unit = unit
        self.viewer = viewer
        self.resume = resume
    }
}
