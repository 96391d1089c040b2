import NIOConcurrencyHelpers
import TrickleCore

/// What the playlists of all channels have told: as long as their indexes live.
final class LivePlaylists: Sendable {
    private struct Entry {
        weak var index: ChannelIndex?
        var playlist: LivePlaylist
    }

    private let keeping: LivePlaylist.Keeping
    private let entries = NIOLockedValueBox<[ChannelName: Entry]>([:])

    init(_ keeping: LivePlaylist.Keeping) {
        self.keeping = keeping
    }

    /// The playlist of what the index knows; nil as long as there is nothing to play.
    func update(_ index: ChannelIndex, _ snapshot: ChannelIndex.Snapshot) -> MediaPlaylist? {
        entries.withLockedValue { entries in
            if entries[index.channel]?.index !== index {
                entries = entries.filter { $0.value.index != nil }
                entries[index.channel] = Entry(index: index, playlist: LivePlaylist(keeping))
            }
            return entries[index.channel]?.playlist.update(snapshot)
        }
    }
}
