import MPEGTS
import TrickleCore

/// One number in a playlist.
package struct PlaylistEntry: Sendable {
    package let number: SequenceNumber
    /// nil where the number was never written.
    package let segment: IndexedSegment?
    /// Estimated where there is nothing to play.
    package let duration: MediaTicks

    /// Whether there is nothing to play: the number was never written, or its bytes are no transport stream.
    package var isGap: Bool { segment?.isPlayable != true }

    /// As EXTINF counts towards the target duration: in seconds, rounded.
    package var roundedSeconds: Int { Int((duration.count + Timestamp.frequency / 2) / Timestamp.frequency) }
}
