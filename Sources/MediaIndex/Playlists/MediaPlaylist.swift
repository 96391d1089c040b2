import MPEGTS
import TrickleCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A media playlist (RFC 8216, section 4; the parts of segments: draft-pantos-hls-rfc8216bis).
///
/// Media sequence numbers are the channel's own; the segment 12 is `12.ts?v=GENERATION`, so that a cache does not take it for another
/// segment 12, which was there before the channel began anew.
package struct MediaPlaylist: Sendable {
    /// Without holes, the last one ended; not empty.
    package let entries: [PlaylistEntry]
    /// The segment behind the last entry that is being written.
    package let open: IndexedSegment?
    /// Seconds.
    package let targetDuration: Int
    /// What parts last at most; nil for a playlist without parts.
    package let partTarget: MediaTicks?
    /// Whether nothing comes any more.
    package let isClosed: Bool
    /// What the numbers stand for.
    package let generation: String

    /// How far behind the end of the playlist entries may be left out for players that know them: six target durations (8216bis, section
    /// 4.4.3.8).
    package static let skipTargetDurations = 6

    /// Playlists without, and with parts that have been left out.
    package static let plainVersion = 6
    private static let deltaVersion = 9

    /// The playlist as text, with its parts if it has any.
    ///
    /// - Parameter skips: whether what the player knows is left out.
    package func text(skips: Bool = false) -> String {
        let skipped = skips ? skippedCount : 0
        var text = "#EXTM3U\n#EXT-X-VERSION:\(skipped > 0 ? Self.deltaVersion : Self.plainVersion)\n"
        if isIndependent { text += "#EXT-X-INDEPENDENT-SEGMENTS\n" }
        text += "#EXT-X-TARGETDURATION:\(targetDuration)\n"
        if let partTarget {
            text += "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES"
            text += ",PART-HOLD-BACK=\(Self.seconds(partTarget * 3))"
            text += ",CAN-SKIP-UNTIL=\(Self.seconds(MediaTicks.seconds(Self.skipTargetDurations * targetDuration)))\n"
            text += "#EXT-X-PART-INF:PART-TARGET=\(Self.seconds(partTarget))\n"
        }
        text += "#EXT-X-MEDIA-SEQUENCE:\(entries.first?.number.value ?? 0)\n"
        if discontinuitySequence > 0 { text += "#EXT-X-DISCONTINUITY-SEQUENCE:\(discontinuitySequence)\n" }
        if skipped > 0 { text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)\n" }
        var rest = (entries.map(\.duration) + (open?.parts.map(\.duration) ?? [])).reduce(0, +)
        for (index, entry) in entries.enumerated() {
            rest -= entry.duration
            guard index >= skipped else { continue }
            append(
                entry, hasParts: rest <= MediaTicks.seconds(LivePlaylist.partTargetDurations * targetDuration),
                to: &text)
        }
        if isClosed { return text + "#EXT-X-ENDLIST\n" }
        appendEdge(to: &text)
        return text
    }

    // MARK: - What is where

    /// The number of the last segment of which something is told.
    package var lastNumber: SequenceNumber { open?.number ?? entries.last?.number ?? .zero }

    package var isIndependent: Bool {
        let openIsIndependent = open.map { $0.contents.firstUnit == nil || $0.contents.beginsIndependently } ?? true
        return openIsIndependent && entries.allSatisfy { $0.isGap || $0.segment?.contents.beginsIndependently == true }
    }

    /// The discontinuities before the first entry: its own is told with it.
    private var discontinuitySequence: Int {
        guard let segment = entries.lazy.compactMap(\.segment).first ?? open else { return 0 }
        return segment.discontinuityCount - (segment.isDiscontinuous ? 1 : 0)
    }

    /// How many entries end too far behind for a player that has the playlist before to need them.
    private var skippedCount: Int {
        var rest = entries.reduce(MediaTicks.zero) { $0 + $1.duration }
        let boundary = MediaTicks.seconds(Self.skipTargetDurations * targetDuration)
        var count = 0
        for entry in entries {
            guard rest > boundary else { break }
            rest -= entry.duration
            count += 1
        }
        return max(count - 1, 0)
    }

    // MARK: - Lines

    private func append(_ entry: PlaylistEntry, hasParts: Bool, to text: inout String) {
        if entry.isGap {
            // It counts for what follows, also where it is not played.
            if entry.segment?.isDiscontinuous == true { text += "#EXT-X-DISCONTINUITY\n" }
            text += "#EXT-X-GAP\n"
        } else if let segment = entry.segment {
            appendMarks(segment, to: &text)
            if hasParts { appendParts(segment, to: &text) }
        }
        text += "#EXTINF:\(Self.seconds(entry.duration)),\n\(uri(of: entry.number))\n"
    }

    private func appendMarks(_ segment: IndexedSegment, to text: inout String) {
        if segment.isDiscontinuous { text += "#EXT-X-DISCONTINUITY\n" }
        if let time = segment.programTime { text += "#EXT-X-PROGRAM-DATE-TIME:\(Self.date(time))\n" }
    }

    private func appendParts(_ segment: IndexedSegment, to text: inout String) {
        guard partTarget != nil else { return }
        for part in segment.parts {
            text += "#EXT-X-PART:DURATION=\(Self.seconds(part.duration)),URI=\"\(uri(of: segment.number))\""
            text += ",BYTERANGE=\"\(part.byteCount)@\(part.offset)\""
            text += part.isIndependent ? ",INDEPENDENT=YES\n" : "\n"
        }
    }

    /// The parts of the segment that is being written, and what comes next.
    private func appendEdge(to text: inout String) {
        guard partTarget != nil, let next = entries.last?.number.next else { return }
        var offset = 0
        if let open, let last = open.parts.last {
            appendMarks(open, to: &text)
            appendParts(open, to: &text)
            offset = last.offset + last.byteCount
        }
        text += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(uri(of: next))\",BYTERANGE-START=\(offset)\n"
    }

    // MARK: - Values

    private func uri(of number: SequenceNumber) -> String { "\(number).ts?v=\(generation)" }

    /// Decimal, rounded to 10 µs.
    package static func seconds(_ span: MediaTicks) -> String {
        let value = (span.count * 100_000 + Timestamp.frequency / 2) / Timestamp.frequency
        let digits = String(value % 100_000)
        return "\(value / 100_000)." + String(repeating: "0", count: 5 - digits.count) + digits
    }

    private static func date(_ time: WallTime) -> String {
        Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000)
            .formatted(
                .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    }
}
