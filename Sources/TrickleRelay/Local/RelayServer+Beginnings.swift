import NIOCore
import TrickleCore

/// For who looks at the beginning of each segment, without being one of its readers.
extension RelayServer {
    /// In which channels segments have begun.
    ///
    /// - Parameter earlier: What the call before has returned as `count`; 0 for the first.
    /// - Returns: Their names, once each; all channels where too many segments have begun since then.
    public func beginnings(since earlier: Int) -> (names: Set<ChannelName>, count: Int) {
        let (names, count) = store.perform(on: nil) { store, _ in store.beginnings(since: earlier) }
        return (Set(names), count)
    }

    /// Bytes of a segment that are kept, without a copy.
    ///
    /// - Parameter limit: There are a few more at most.
    public func bytes(of segment: SegmentID, from offset: Int, atMost limit: Int) -> [ByteBuffer] {
        let (pieces, start) = store.perform(on: nil) { store, _ in
            store.pieces(of: segment, from: offset, atLeast: limit)
        }
        guard let first = pieces.first, start <= offset else { return [] }
        return [first.slice(offset - start..<first.byteCount)] + pieces.dropFirst().map(\.payload)
    }

    /// How long ago the first byte of a segment came.
    public func age(of segment: SegmentView) -> Duration { store.now - segment.beganAt }
}
