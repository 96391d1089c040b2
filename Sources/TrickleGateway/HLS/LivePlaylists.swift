import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

/// What the playlists of all channels have told: as long as their indexes live.
final class LivePlaylists: Sendable {
    private struct Entry {
        weak var index: ChannelIndex?
        var playlist: LivePlaylist
        /// The last answer, and the snapshot that it was made of: players ask for the same at the same time.
        var last: (version: Int, playlist: WrittenPlaylist?)?
    }

    private let keeping: LivePlaylist.Keeping
    private let entries = NIOLockedValueBox<[ChannelName: Entry]>([:])

    init(_ keeping: LivePlaylist.Keeping) {
        self.keeping = keeping
    }

    /// The playlist of what the index knows; nil as long as there is nothing to play.
    func update(_ index: ChannelIndex, _ snapshot: ChannelIndex.Snapshot) -> WrittenPlaylist? {
        entries.withLockedValue { entries in
            if entries[index.channel]?.index !== index {
                entries = entries.filter { $0.value.index != nil }
                entries[index.channel] = Entry(index: index, playlist: LivePlaylist(keeping))
            }
            if let last = entries[index.channel]?.last, last.version == snapshot.version { return last.playlist }
            let playlist = entries[index.channel]?.playlist.update(snapshot).map(WrittenPlaylist.init)
            entries[index.channel]?.last = (snapshot.version, playlist)
            return playlist
        }
    }
}

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
