import TrickleCore

extension RelayServer {
    /// What a channel keeps at the moment; nil where there is none of that name.
    public func window(of channel: ChannelName) -> ChannelWindow? {
        store.perform(on: nil) { store, _ in store.window(of: channel) }
    }
}
