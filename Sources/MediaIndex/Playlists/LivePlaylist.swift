import MPEGTS
import TrickleCore

/// What the playlist of one channel has told so far, and so has to stand by: RFC 8216, section 6.2.2.
///
/// Pure: it is told what the index knows, and writes a playlist of that.
package struct LivePlaylist: Sendable {
    /// How long the relay keeps segments.
    package struct Keeping: Sendable {
        /// For how long a segment is kept after its end.
        package let duration: MediaTicks
        /// The newest segments that are kept however old they are, the open one among them.
        package let count: Int
        /// Bytes of a channel that are kept at most.
        package let byteCount: Int
    }

    /// The most numbers without a segment, one after the other, that are listed as gaps; a longer run begins the playlist anew.
    package static let maximumGapCount = 8
    /// A playlist has at least so many target durations, if as much is there (RFC 8216, section 6.2.2).
    package static let leastTargetDurations = 3
    /// Parts are told of segments that end so many target durations before the end of the playlist (8216bis, section 6.2.1).
    package static let partTargetDurations = 3

    package let keeping: Keeping
    /// The first number of the last playlist: the next one does not begin before it.
    package private(set) var first: SequenceNumber?
    /// Seconds; it only grows, and only where a segment is longer than any before.
    package private(set) var targetDuration = 1
    private var restartCount = 0

    package init(_ keeping: Keeping) {
        self.keeping = keeping
    }

    /// The playlist of what is known now.
    ///
    /// - Returns: nil as long as there is no segment that has ended and can be played.
    package mutating func update(_ snapshot: ChannelIndex.Snapshot) -> MediaPlaylist? {
        if snapshot.restartCount > restartCount {
            self = LivePlaylist(keeping)
            restartCount = snapshot.restartCount
        }
        guard snapshot.segments.counts.playable > 0 else { return nil }
        let entries = entries(of: snapshot)
        let playable = entries.filter { !$0.isGap }
        guard let longest = playable.map(\.duration).max(), let end = entries.last?.number else { return nil }
        targetDuration = max(targetDuration, playable.map(\.roundedSeconds).max() ?? 1)
        let listed = entries.suffix(listedCount(of: entries, longest: longest, isClosed: snapshot.isClosed))
        first = listed.first?.number ?? first
        let open = snapshot.segments.last.flatMap { $0.state == .open && $0.number == end.next ? $0 : nil }
        return MediaPlaylist(
            entries: Array(listed), open: snapshot.isClosed ? nil : open, targetDuration: targetDuration,
            partTarget: snapshot.partTarget, isClosed: snapshot.isClosed, generation: snapshot.generation)
    }

    /// All numbers that could be listed: up to the one before the open segment, without holes.
    private func entries(of snapshot: ChannelIndex.Snapshot) -> [PlaylistEntry] {
        var entries: [PlaylistEntry] = []
        for segment in snapshot.segments {
            if let first, segment.number < first { continue }
            if let last = entries.last {
                let missing = segment.number.value - last.number.value - 1
                if missing > Self.maximumGapCount {
                    entries = []
                } else {
                    for number in sequence(first: last.number, next: \.next).dropFirst().prefix(missing) {
                        entries.append(PlaylistEntry(number: number, segment: nil, duration: last.duration))
                    }
                }
            }
            guard segment.state != .open else { continue }
            // What has not turned out how long it lasts is told with the segment after it.
            if segment.duration == nil, segment.contents.isTransportStream,
                segment.number == snapshot.segments.last?.number
            {
                continue
            }
            let typical = entries.last?.duration ?? MediaTicks.seconds(targetDuration)
            entries.append(
                PlaylistEntry(
                    number: segment.number, segment: segment,
                    duration: segment.isPlayable ? segment.duration ?? typical : typical))
        }
        // A playlist begins with something to play.
        return Array(first == nil ? entries.drop(while: \.isGap) : entries[...])
    }

    /// How many of the last entries are listed: those that stay fetchable, for their own duration and the playlist's, after they have gone
    /// from it; but never less than three target durations.
    private func listedCount(of entries: [PlaylistEntry], longest: MediaTicks, isClosed: Bool) -> Int {
        guard !isClosed || first == nil else { return entries.count }
        let total = entries.reduce(MediaTicks.zero) { $0 + $1.duration }
        let byteCount = entries.reduce(0) { $0 + ($1.segment?.contents.byteCount ?? 0) }
        // What is kept, by time or by number, as far as there is room for it; limits may be beyond all measure.
        let typical = Double(total.count) / Double(max(entries.count, 1))
        var kept = max(Double(keeping.duration.count), Double(keeping.count - 1) * typical)
        if byteCount > 0 { kept = min(kept, Double(total.count) * Double(keeping.byteCount) / Double(byteCount)) }
        let least = MediaTicks.seconds(Self.leastTargetDurations * targetDuration)
        let wanted = max(Double(least.count), (kept - Double(longest.count)) / 2)
        var sum = MediaTicks.zero
        var count = 0
        for entry in entries.reversed() {
            guard sum < least || Double((sum + entry.duration).count) <= wanted else { break }
            sum += entry.duration
            count += 1
        }
        return count
    }
}

extension LivePlaylist.Keeping {
    package init(_ limits: RelayLimits) {
        self.init(
            duration: MediaTicks(limits.windowDuration), count: limits.windowCount,
            byteCount: limits.windowByteCount ?? RelayLimits.leastWindowByteCount)
    }
}
