/// In which channels segments have begun lately: whoever looks into segments need not ask all channels.
///
/// Holds ``maximumCount`` names; whoever has missed more has to ask all.
struct BeginningLog: Sendable {
    static let maximumCount = 4096

    private var names: [ChannelName] = []
    /// How many have begun since the relay began.
    private(set) var count = 0

    mutating func append(_ name: ChannelName) {
        if names.count < Self.maximumCount { names.append(name) } else { names[count % Self.maximumCount] = name }
        count += 1
    }

    /// - Parameter earlier: ``count`` at the last look.
    /// - Returns: nil where there have been too many since then.
    func names(since earlier: Int) -> [ChannelName]? {
        guard count - earlier <= Self.maximumCount else { return nil }
        return (earlier..<count).map { names[$0 % Self.maximumCount] }
    }
}

extension RelayStore {
    /// In which channels segments have begun.
    ///
    /// - Parameter earlier: What the call before has returned as `count`; 0 for the first.
    /// - Returns: The names, some of them more than once; all channels where too many have begun since then.
    public func beginnings(since earlier: Int) -> (names: [ChannelName], count: Int) {
        (beginningLog.names(since: earlier) ?? Array(channelIDs.keys), beginningLog.count)
    }

    /// The pieces of a kept segment from an offset on, as they are.
    ///
    /// - Parameter limit: They end when they have so many bytes.
    /// - Returns: Where in the segment the first of them begins.
    public func pieces(of id: SegmentID, from offset: Int, atLeast limit: Int) -> (pieces: [Piece], start: Int) {
        var (found, start, end): ([Piece], Int, Int) = ([], 0, 0)
        for piece in segments[id]?.pieces ?? [] {
            if end >= offset + limit { break }
            if end + piece.byteCount <= offset { start += piece.byteCount } else { found.append(piece) }
            end += piece.byteCount
        }
        return (found, start)
    }
}
