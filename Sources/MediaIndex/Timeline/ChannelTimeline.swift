import MPEGTS
import TrickleCore
import TrickleRelay

/// Keeps the timeline of one channel by looking at the beginnings of its segments.
///
/// The lock of ``MediaTimelines`` guards it. It is no value, because it is large, and would be copied whenever it is asked something.
final class ChannelTimeline: @unchecked Sendable {
    /// A segment is looked at up to here; one whose first access unit has not come by then has none.
    static let maximumLookByteCount = 256 << 10
    /// The scan gets so many bytes at a time, and no more once it knows.
    static let step = 7 * TransportPacket.size
    /// Segments that are asked for at a time.
    private static let segmentsAtATime = 256

    let id: ChannelID
    private(set) var timeline = MediaTimeline()
    /// The beginning of the last segment that was looked at: its tables hold until others come.
    private var previous: SegmentScan?
    /// A segment of which not enough has come.
    private var unfinished: (segment: SegmentView, entry: TimelineEntry, scan: SegmentScan)?
    /// All below it have been looked at, unless they come late.
    private var next = SequenceNumber.zero
    private var lateCount: Int
    private var restartCount: Int
    private var charges = IndexCharges()

    init(_ window: ChannelWindow) {
        id = window.channel
        lateCount = window.lateCount
        restartCount = window.restartCount
    }

    /// Whether a segment has begun of which too little has come so far.
    var isUnfinished: Bool { unfinished != nil }

    /// Looks at what has begun since the last look.
    ///
    /// - Returns: what is to be charged.
    func look(at channel: ChannelName, _ window: ChannelWindow, on relay: RelayServer) -> [SegmentID: Int] {
        if window.restartCount != restartCount {
            forget(timeline.restart())
            (restartCount, next, previous, unfinished) = (window.restartCount, .zero, nil, nil)
        }
        forget(timeline.keep(window))
        if window.lateCount != lateCount {
            // Some have come late, or were written anew: those that are known are passed over.
            lateCount = window.lateCount
            next = .zero
        }
        let newest = SequenceNumber(max(0, window.next.value - MediaTimeline.maximumCount)) ?? .zero
        next = max(next, window.lowest ?? window.next, newest)
        while true {
            let some = relay.segments(of: channel, from: next, atMost: Self.segmentsAtATime)
            for segment in some where segment.channel == id {
                look(at: segment, isLast: segment.id == some.last?.id, relay)
            }
            guard let last = some.last else { break }
            // Once more: it may be one of which not enough has come.
            next = last.number
            if some.count < Self.segmentsAtATime { break }
        }
        return charges.takeChanges()
    }

    private func look(at segment: SegmentView, isLast: Bool, _ relay: RelayServer) {
        // A segment that is made anew has another identity.
        guard timeline.entry(of: segment.id, segment.number) == nil else { return }
        var (entry, scan): (TimelineEntry, SegmentScan)
        if let unfinished, unfinished.segment.id == segment.id {
            (entry, scan) = (unfinished.entry, unfinished.scan)
        } else {
            let arrival = WallTime(
                microseconds: WallTime.now.microseconds - Int64(relay.age(of: segment) / .microseconds(1)))
            (entry, scan) = (TimelineEntry(segment.number, segment.id, arrival: arrival), SegmentScan(after: previous))
        }
        scan.receiveBeginning(of: segment.id, from: relay)
        let isOver = segment.state != .open || !isLast || scan.contents.byteCount >= Self.maximumLookByteCount
        guard scan.knowsBeginning || isOver else {
            unfinished = (segment, entry, scan)
            return
        }
        unfinished = nil
        scan.finish()
        finish(&entry, scan)
    }

    private func finish(_ entry: inout TimelineEntry, _ scan: SegmentScan) {
        let contents = scan.contents
        if contents.alignment == .unknown || contents.alignment == .broken(at: 0) { return previous = nil }
        entry.take(contents, sharing: previous?.contents.program)
        if let before = timeline.newest { charges.set(TimelineEntry.byteCount, of: before.id) }
        forget(timeline.insert(entry))
        previous = scan
        charges.set(TimelineEntry.byteCount + scan.storageByteCount + contents.storageByteCount, of: entry.id)
    }

    private func forget(_ gone: [TimelineEntry]) {
        for entry in gone { charges.forget(entry.id) }
    }

    /// The channel is gone, or nobody asks any more.
    func end() -> [SegmentID: Int] {
        charges.forgetAll()
        return charges.takeChanges()
    }
}

extension SegmentScan {
    /// Whether it is known what the segment begins with, or that it is no transport stream.
    fileprivate var knowsBeginning: Bool {
        if case .broken = contents.alignment { return true }
        return contents.firstUnit != nil
    }

    /// Takes what has come of it, until the beginning is known.
    fileprivate mutating func receiveBeginning(of id: SegmentID, from relay: RelayServer) {
        let rest = ChannelTimeline.maximumLookByteCount - contents.byteCount
        guard rest > 0, !knowsBeginning else { return }
        // Most segments tell what they begin with in the first bytes that come.
        for limit in [8 << 10, rest] where !knowsBeginning && limit > 0 {
            for buffer in relay.bytes(of: id, from: contents.byteCount, atMost: limit) {
                buffer.withUnsafeReadableBytes { bytes in
                    var start = 0
                    while start < bytes.count, !knowsBeginning {
                        let end = min(start + ChannelTimeline.step, bytes.count)
                        receive(bytes.bytes.extracting(start..<end))
                        start = end
                    }
                }
                if knowsBeginning { return }
            }
        }
    }
}
