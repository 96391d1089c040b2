extension RelayStore {
    enum ChannelChange {
        case added(ChannelName)
        case removed(ChannelName)

        var name: ChannelName {
            switch self {
            case .added(let name), .removed(let name): name
            }
        }
    }

    /// Publishes one document of the changefeed: `{"added":["a"]}` or `{"removed":["a"]}`.
    mutating func announce(_ change: ChannelChange, now: Duration) {
        guard !change.name.isDerived, let id = channelIDs[.changefeed], let number = channels[id]?.next else { return }
        let document =
            switch change {
            case .added(let name): #"{"added":[\#(JSONText.string(name.text))]}"#
            case .removed(let name): #"{"removed":[\#(JSONText.string(name.text))]}"#
            }
        let segmentID = makeID(SegmentID.init)
        var segment = RelaySegment<Piece>(id: segmentID, number: number, channel: id, beganAt: now)
        _ = segment.append(Piece(payload: Array(document.utf8)))
        segment.end(.complete(at: now))
        segments[segmentID] = segment
        channels[id]!.keep(segmentID, at: number)
        channels[id]!.byteCount += document.utf8.count
        charge(segment.cost, to: 0)
        trimWindow(of: id, now: now)
        wakeWaitingReaders(of: id)
    }
}
