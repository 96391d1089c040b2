import TrickleCore

// Viewers of frames.
extension RelayLane {
    /// The feed of a channel, for one more viewer.
    func feed(of name: ChannelName) -> FrameFeed {
        if let feed = feeds[name] { return feed }
        let feed = FrameFeed(name, on: self)
        feeds[name] = feed
        feed.begin()
        return feed
    }

    /// No further viewer gets that one.
    func forget(_ feed: FrameFeed) {
        if feeds[feed.name] === feed { feeds[feed.name] = nil }
    }
}
