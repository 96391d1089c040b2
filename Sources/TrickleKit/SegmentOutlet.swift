import TrickleCore

/// Where the segments of a channel go, one after the other.
package protocol SegmentOutlet: Sendable {
    /// The number of the segment that was begun last, where it is known: what waits to be sent has none yet.
    var sequence: SequenceNumber? { get }
    /// How many segments did not get through whole.
    var droppedCount: Int { get }

    /// Ends the segment before, and begins the next.
    mutating func begin() async throws
    /// Adds to the segment that was begun last.
    mutating func write(_ bytes: [UInt8]) async throws
    /// Ends the last segment, and waits until the relay has all of it where that is for the caller to wait for.
    mutating func finish() async throws
}

/// An outlet whose segments can be broken off.
package protocol AbortableOutlet: SegmentOutlet {
    /// Breaks off the segment that was begun last.
    mutating func abort()
}

/// Whoever writes waits while the relay is slow.
extension SegmentSequenceWriter: AbortableOutlet {
    package var droppedCount: Int { lostCount }
}
