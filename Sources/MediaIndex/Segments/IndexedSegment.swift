import MPEGTS
import TrickleCore

/// What the index knows of one kept segment: everything but its bytes.
package struct IndexedSegment: Sendable {
    package enum State: Sendable, Hashable {
        case open
        case complete
        /// It was broken off, and has its bytes up to there.
        case aborted
    }

    package let number: SequenceNumber
    /// Which incarnation of the number it is; nil where the segment had left the window before that could be asked.
    package let id: SegmentID?
    package var state = State.open
    package var contents = SegmentContents() {
        didSet { duration = contents.duration ?? duration }
    }
    /// nil as long as it is not known.
    package var duration: MediaTicks?
    /// Its parts so far; those of an open segment end before the picture that has come last.
    package var parts: [SegmentPart] = []
    /// When its first byte came, by the wall clock; nil as long as it has no picture.
    package var arrival: WallTime?
    /// When its first picture is to be seen, as far as can be told without the publisher's clock: see ``MediaTimeline``.
    package var programTime: WallTime?
    /// Whether it does not follow on the segment before: time stamps jump, the program's streams are others, or a number is missing.
    package var isDiscontinuous = false
    /// How many segments have been discontinuous up to this one, since the index began.
    package var discontinuityCount = 0

    /// Whether a viewer can begin with it: packets, and a random access point among them. One that has ended without, because it is scrambled
    /// or in a codec that is not known, is as good as any.
    package var isPlaceToBegin: Bool {
        contents.alignment == .aligned && (!contents.randomAccessPoints.isEmpty || state != .open)
    }

    /// What it takes of memory in an index and in the playlists of that, in bytes.
    package var storageByteCount: Int {
        let own =
            MemoryLayout<Self>.stride + contents.storageByteCount + parts.capacity * MemoryLayout<SegmentPart>.stride
        return own + Self.overhead + Self.listedByteCount + parts.count * Self.listedPartByteCount
    }

    /// Its places in lists, and the allocator's own.
    private static let overhead = 256
    /// Its entry in a playlist, and its lines in the texts of that.
    private static let listedByteCount = MemoryLayout<Self>.stride + 512
    /// A part's lines in both texts.
    private static let listedPartByteCount = 256

    /// What the segments after it have to know of it, without what it takes to begin with it.
    package var withoutPlaces: IndexedSegment {
        var copy = self
        copy.contents.forgetPlaces()
        copy.parts = []
        return copy
    }

    /// Whether players can have it: packets of 188 bytes, and pictures or sound whose duration is known.
    package var isPlayable: Bool { contents.isTransportStream && duration ?? 0 > 0 }
}

/// Microseconds since 1970, by the wall clock.
package struct WallTime: Sendable, Hashable {
    package var microseconds: Int64

    package static var now: WallTime { WallTime(microseconds: Int64(Duration.sinceEpoch / .microseconds(1))) }

    package func advanced(by span: MediaTicks) -> WallTime {
        WallTime(microseconds: microseconds + span.count * 100 / 9)
    }
}
