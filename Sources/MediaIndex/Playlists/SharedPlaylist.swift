import NIOConcurrencyHelpers

/// What the playlist of one channel has told so far, for all who ask. The channel's index has it: it goes with that.
///
/// Its lock is its own: no channel waits while another one's is written.
package final class SharedPlaylist: Sendable {
    private struct State {
        var playlist: LivePlaylist
        /// The last answer, and the snapshot that it was made of: players ask for the same at the same time.
        var last: (version: Int, playlist: WrittenPlaylist?)?
    }

    private let state: NIOLockedValueBox<State>

    package init(_ keeping: LivePlaylist.Keeping) { state = NIOLockedValueBox(State(playlist: LivePlaylist(keeping))) }

    /// The playlist of what the index knows; nil as long as there is nothing to play.
    package func update(_ snapshot: ChannelIndex.Snapshot) -> WrittenPlaylist? {
        state.withLockedValue { state in
            if let last = state.last, last.version == snapshot.version { return last.playlist }
            let playlist = state.playlist.update(snapshot).map(WrittenPlaylist.init)
            state.last = (snapshot.version, playlist)
            return playlist
        }
    }

    /// The last answer lists segments that are not known any more: it is not kept for the next who asks.
    package func forgetAnswer() { state.withLockedValue { $0.last = nil } }
}
