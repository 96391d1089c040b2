import MPEGTS
import TrickleCore

/// What is known of a segment from its first packets.
package struct TimelineEntry: Sendable {
    package let number: SequenceNumber
    package let id: SegmentID
    /// When its first byte came to the relay, by the wall clock.
    package let arrival: WallTime
    /// What its first access unit has, as it stands there; nil where there is none.
    package var presentation: Timestamp?
    /// When its first access unit is decoded, else presented.
    package var timestamp: Timestamp?
    /// Whether a decoder can begin with it.
    package var isIndependent = false
    /// What it carries; nil where its beginning does not tell.
    package var program: ProgramMap?
    /// When its first picture is to be seen; see ``MediaTimeline``.
    package var date: WallTime

    init(_ number: SequenceNumber, _ id: SegmentID, arrival: WallTime) {
        self.number = number
        self.id = id
        self.arrival = arrival
        date = arrival
    }

    /// - Parameter known: The program of the segment before: most have the same.
    mutating func take(_ contents: SegmentContents, sharing known: ProgramMap?) {
        presentation = contents.firstUnit?.pts
        timestamp = contents.firstTimestamp
        isIndependent = contents.beginsIndependently
        program = known == contents.program ? known : contents.program
    }

    /// What one takes of memory, in bytes, with the allocator's own. Programs that are the same share their list of streams.
    static let byteCount = MemoryLayout<Self>.stride + 128
}
