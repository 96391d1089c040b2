import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

/// What the playlists of all channels have told: as long as their indexes live.
final class LivePlaylists: Sendable {
    /// The playlist of one channel. Its lock is its own: no channel waits while another one's is written.
    private final class Entry: Sendable {
        private struct State {
            var playlist: LivePlaylist
            /// The last answer, and the snapshot that it was made of: players ask for the same at the same time.
            var last: (version: Int, playlist: WrittenPlaylist?)?
        }

        private let state: NIOLockedValueBox<State>

        init(_ keeping: LivePlaylist.Keeping) { state = NIOLockedValueBox(State(playlist: LivePlaylist(keeping))) }

        func update(_ snapshot: ChannelIndex.Snapshot) -> WrittenPlaylist? {
            state.withLockedValue { state in
                if let last = state.last, last.version == snapshot.version { return last.playlist }
                let playlist = state.playlist.update(snapshot).map(WrittenPlaylist.init)
                state.last = (snapshot.version, playlist)
                return playlist
            }
        }
    }

    private struct Place {
        weak var index: ChannelIndex?
        let entry: Entry
    }

    private let keeping: LivePlaylist.Keeping
    private let places = NIOLockedValueBox<[ChannelName: Place]>([:])

    init(_ keeping: LivePlaylist.Keeping) {
        self.keeping = keeping
    }

    /// The playlist of what the index knows; nil as long as there is nothing to play.
    func update(_ index: ChannelIndex, _ snapshot: ChannelIndex.Snapshot) -> WrittenPlaylist? {
        entry(of: index).update(snapshot)
    }

    private func entry(of index: ChannelIndex) -> Entry {
        places.withLockedValue { places in
            if let place = places[index.channel], place.index === index { return place.entry }
            places = places.filter { $0.value.index != nil }
            let entry = Entry(keeping)
            places[index.channel] = Place(index: index, entry: entry)
            return entry
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
