import TrickleKit

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

/// The source waits while the relay is slow.
extension SegmentSequenceWriter: SegmentOutlet {
    package var droppedCount: Int { lostCount }
}

/// The source goes on, and what the relay does not take is dropped.
package struct LiveOutlet: SegmentOutlet {
    private let live: LivePublisher

    package init(_ live: LivePublisher) { self.live = live }

    package var sequence: SequenceNumber? { nil }
    package var droppedCount: Int { live.droppedCount }

    package func begin() { live.begin() }
    package func write(_ bytes: [UInt8]) { live.write(bytes) }
    /// The publisher's own `run` waits for the relay.
    package func finish() { live.finish() }
}
