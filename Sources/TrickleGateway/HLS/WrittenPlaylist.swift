import NIOCore

/// A playlist, and its texts, written once for all who ask.
struct WrittenPlaylist: Sendable {
    let playlist: MediaPlaylist
    let whole: ByteBuffer
    /// For players that know the one before.
    let delta: ByteBuffer

    init(_ playlist: MediaPlaylist) {
        self.playlist = playlist
        whole = ByteBuffer(string: playlist.text())
        delta = ByteBuffer(string: playlist.text(skips: true))
    }
}
