import TrickleCore

/// One number in a playlist.
struct PlaylistEntry: Sendable {
    let number: SequenceNumber
    /// nil where there is nothing to play: the number was never written, or its bytes are no transport stream.
    let segment: IndexedSegment?
    /// Ticks of 90 kHz; estimated where there is nothing to play.
    let duration: Int64

    /// As EXTINF counts towards the target duration: in seconds, rounded.
    var roundedSeconds: Int { Int((duration + 45_000) / 90_000) }
}
