import Synchronization
import TrickleKit

/// What was published and what came of it, by the digest of each segment.
final class StressLedger: Sendable {
    /// A segment of one channel.
    struct Segment: Hashable, Sendable {
        let channel: ChannelName
        let sequence: SequenceNumber
    }

    struct Counts: Equatable, Sendable {
        var published = 0
        var publishedBytes = 0
        var delivered = 0
        var deliveredBytes = 0
        /// Segments that came whole and differ from what was sent, or were never sent.
        var wrong = 0
        /// Segments that came twice, or after a later one.
        var repeated = 0
    }

    private struct State {
        var digests: [Segment: String] = [:]
        /// What came before its digest was known.
        var early: [Segment: [String]] = [:]
        var counts = Counts()
    }

    private let state = Mutex(State())

    var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.wrong += state.early.values.reduce(0) { $0 + $1.count }
            return counts
        }
    }

    func published(_ segment: Segment, digest: String, byteCount: Int) {
        state.withLock { state in
            state.digests[segment] = digest
            state.counts.published += 1
            state.counts.publishedBytes += byteCount
            let early = state.early.removeValue(forKey: segment) ?? []
            state.counts.wrong += early.filter { $0 != digest }.count
        }
    }

    /// - Parameter isInOrder: Whether it follows on what the same subscriber got before.
    func delivered(_ segment: Segment, digest: String, byteCount: Int, isInOrder: Bool) {
        state.withLock { state in
            state.counts.delivered += 1
            state.counts.deliveredBytes += byteCount
            if !isInOrder { state.counts.repeated += 1 }
            if let sent = state.digests[segment] {
                if sent != digest { state.counts.wrong += 1 }
            } else {
                state.early[segment, default: []].append(digest)
            }
        }
    }
}
