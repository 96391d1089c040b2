import MPEGTS
import TrickleCore

/// A place in a channel where a viewer can begin.
package struct AccessPlace: Sendable, Hashable {
    package let number: SequenceNumber
    /// Where it begins in the segment, a multiple of 188.
    package let offset: Int
    /// What a viewer needs before the bytes from there on: the tables, continuity counters from 0; empty where they stand at ``offset``.
    package let tables: [UInt8]

    /// The segment's beginning.
    package init(_ segment: IndexedSegment) {
        number = segment.number
        offset = 0
        tables = []
    }

    package init(_ segment: IndexedSegment, _ point: SegmentContents.Unit) {
        number = segment.number
        offset = point.offset
        tables = point.hasTables ? [] : segment.contents.tablePackets
    }
}
