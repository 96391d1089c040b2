import NIOCore

/// A playlist, and its texts, written once for all who ask.
package struct WrittenPlaylist: Sendable {
    package let playlist: MediaPlaylist
    package let whole: ByteBuffer
    /// For players that know the one before.
    package let delta: ByteBuffer

    package init(_ playlist: MediaPlaylist) {
        self.playlist = playlist
        whole = ByteBuffer(string: playlist.text())
        delta = ByteBuffer(string: playlist.text(skips: true))
    }
}
