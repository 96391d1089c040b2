import MediaChildren

extension GatewayConfiguration {
    /// Requests that may wait for a picture's decoder.
    static let maximumWaitingPictures = 64
    /// Channels that may wait for a place for their child: more than a relay has.
    static let maximumWaitingPublishers = 10_000

    /// What the children of a relay take their places from: those of the gateway, and those that publish.
    ///
    /// Publishers have places of their own. Of the rest, pictures keep a few, because movies run for as long as somebody watches.
    package func childBudget() -> ChildBudget {
        let kept = servesPictures ? min(pictureDecoderCount, maximumChildCount - 1) : 0
        let option = "--max-children"
        return ChildBudget(total: maximumPublisherCount + maximumChildCount) { purpose in
            switch purpose {
            case .publisher:
                ChildShare(
                    maximum: maximumPublisherCount, reserved: maximumPublisherCount,
                    maximumWaiting: Self.maximumWaitingPublishers, option: "--max-publisher-children")
            // One runs for as long as somebody watches: to wait for its end is no use.
            case .movie: ChildShare(maximum: maximumChildCount - kept, maximumWaiting: 0, option: option)
            case .picture:
                ChildShare(
                    maximum: min(pictureDecoderCount, maximumChildCount), reserved: kept,
                    maximumWaiting: Self.maximumWaitingPictures, option: option)
            case .transcoding: ChildShare(maximum: maximumChildCount - kept, maximumWaiting: 0, option: option)
            }
        }
    }
}
