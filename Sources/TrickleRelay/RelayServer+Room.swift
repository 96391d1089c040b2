import NIOCore

/// Silent connections may stay for long, but not at the cost of those that have something to say.
extension RelayServer {
    /// Connections that are given up at a time: of many more, for each time all of them are looked at.
    static func givenUpCount(of connectionCount: Int) -> Int { max(16, connectionCount / 64) }

    /// Closes some of those connections that have been silent for the longest time.
    ///
    /// To be called on a thread that is no event loop's, and before the event loops end; their descriptors are free when it returns.
    ///
    /// - Returns: whether there were any.
    @Sendable func makeRoom() -> Bool {
        let count = Self.givenUpCount(of: onEachLane { $0.connections.count }.reduce(0, +))
        let times = onEachLane { lane in lane.longestSilences(atMost: count).map(\.since) }.joined().sorted()
        guard let latest = times.prefix(count).last else { return false }
        // Whoever has spoken meanwhile is no longer among them.
        let closed = onEachLane { lane in lane.closeSilent(since: latest, atMost: count) }.reduce(0, +)
        if closed > 0 {
            shortages.happened {
                "descriptors are short: the \(closed) connections that were silent for the longest time were closed;"
                    + " raise the limit (ulimit -n)"
            }
        }
        return closed > 0
    }

    private func onEachLane<Value: Sendable>(_ work: @escaping @Sendable (RelayLane) -> Value) -> [Value] {
        let values = lanes.map { lane in lane.eventLoop.submit { work(lane) } }
        return values.compactMap { try? $0.wait() }
    }
}

extension RelayLane {
    /// The connections that have been silent for the longest time, those first.
    fileprivate func longestSilences(atMost count: Int) -> [(since: NIODeadline, connection: any ClientConnection)] {
        let silences = connections.values.compactMap { connection in
            connection.silence.map { (since: $0, connection: connection) }
        }
        return Array(silences.sorted { $0.since < $1.since }.prefix(count))
    }

    /// - Returns: how many it closed.
    fileprivate func closeSilent(since latest: NIODeadline, atMost count: Int) -> Int {
        let silences = longestSilences(atMost: count).filter { $0.since <= latest }
        for (_, connection) in silences { connection.closeAtOnce() }
        return silences.count
    }
}
