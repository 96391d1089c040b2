import TrickleCore

/// One number in a playlist.
package struct PlaylistEntry: Sendable {
    package let number: SequenceNumber
    /// nil where the number was never written.
    package let segment: IndexedSegment?
    /// Ticks of 90 kHz; estimated where there is nothing to play.
    package let duration: Int64

    /// Whether there is nothing to play: the number was never written, or its bytes are no transport stream.
    package var isGap: Bool { segment?.isPlayable != true }

    /// As EXTINF counts towards the target duration: in seconds, rounded.
    package var roundedSeconds: Int { Int((duration + 45_000) / 90_000) }
}
