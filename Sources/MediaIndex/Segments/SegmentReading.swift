import MPEGTS
import TrickleCore

/// How the segments of a channel follow on each other, and what is known of them: fed with bytes, told what the relay keeps.
///
/// Pure: it asks no clock and no relay.
package struct SegmentReading: Sendable {
    /// A step of time stamps from segment to segment that is taken for a jump: 1 s.
    package static let maximumStep = MediaTicks.seconds(1)
    /// A longer distance between two pictures is a jump: 10 s.
    package static let longestUnit = MediaTicks.seconds(10)
    /// What a picture lasts at 25 a second.
    package static let usualPicture: MediaTicks = 3_600

    /// By number, without those that the relay has dropped.
    package private(set) var segments = IndexedSegments()
    /// What parts are to last; nil until it is known how long pictures are.
    package private(set) var partTarget: MediaTicks?
    /// What parts would last best.
    package let wantedPartDuration: MediaTicks
    /// The segment that is being read; it stands in ``segments`` too, unless one of its number stands there that it takes the place of.
    private var current: IndexedSegment?
    private var scan = SegmentScan()
    private var cutter: PartCutter?
    /// The number that ``scan`` has read last.
    private var scannedNumber: SequenceNumber?
    /// The segment before the current one, without its places.
    private var previous: IndexedSegment?
    /// The one with the highest number that has been read, kept or not, without its places.
    private var latest: IndexedSegment?
    private var charges = IndexCharges()

    package init(wantedPartDuration: MediaTicks) {
        self.wantedPartDuration = wantedPartDuration
    }

    /// What has been found in the segment that is being read.
    package struct Progress: Equatable {
        package let partCount: Int
        package let pointCount: Int
    }

    package var progress: Progress {
        Progress(partCount: current?.parts.count ?? 0, pointCount: scan.contents.randomAccessPoints.count)
    }

    package subscript(number: SequenceNumber) -> IndexedSegment? { segments.segment(number) }

    /// Forgets what the relay has dropped, be it because the numbers have begun anew.
    ///
    /// - Returns: whether that was anything.
    package mutating func keep(_ window: ChannelWindow) -> Bool {
        guard segments.keep(from: window.lowest ?? window.next, below: window.next) else { return false }
        forgetCharges()
        if current == nil, let number = scannedNumber, segments.segment(number) == nil { forgetScan() }
        return true
    }

    /// What a scan keeps for the next segment is charged to the one that it has read, and goes with it.

    private mutating func forgetScan() {
        scan = SegmentScan()
        scannedNumber = nil
    }

    /// Whether the segment is kept and has not been read, or was read as another incarnation.
    package func isMisread(_ kept: SegmentView) -> Bool {
        guard let known = self[kept.number] else { return true }
        return known.id != nil && known.id != kept.id
    }

    /// Numbers begin anew: nothing is left of what was.
    package mutating func restart() {
        var charges = charges
        charges.forgetAll()
        self = SegmentReading(wantedPartDuration: wantedPartDuration)
        self.charges = charges
    }

    // MARK: - Memory

    /// A segment that grows is charged anew when it takes so many bytes more.
    package static let chargeStep = 4 << 10

    /// Bytes are charged so often: many small blocks come and go, and the allocator cannot use all holes between those that stay.
    package static let chargeFactor = 3

    /// What is to be told to the relay: how many bytes more are kept of each segment than at the last call.
    package mutating func takeCharges() -> [SegmentID: Int] { charges.takeChanges() }

    private mutating func forgetCharges() {
        for id in segments.takeForgotten() { charges.forget(id) }
    }

    /// Charges the segment that is being read with what is kept of it, and with the scan.
    private mutating func chargeCurrent() {
        guard let current, let id = current.id else { return }
        let byteCount = Self.chargeFactor * (current.storageByteCount + scan.storageByteCount)
        if byteCount >= charges.byteCount(of: id) + Self.chargeStep { charges.set(byteCount, of: id) }
    }

    /// Charges a segment that has been read with what is kept of it, and with what the scan keeps for the next one.
    private mutating func chargeScanned(_ number: SequenceNumber, keepsScan: Bool) {
        guard let segment = segments.segment(number) else { return }
        let byteCount = segment.storageByteCount + (keepsScan ? scan.storageByteCount : 0)
        charges.set(Self.chargeFactor * byteCount, of: segment.id)
    }

    // MARK: - Segments

    /// A segment is read from its beginning.
    package mutating func begin(_ number: SequenceNumber, id: SegmentID?) {
        let place = segments.place(from: number)
        previous =
            (place > segments.startIndex ? segments[place - 1].withoutPlaces : nil)
            ?? latest.flatMap { $0.number < number ? $0 : nil }
        if let scannedNumber { chargeScanned(scannedNumber, keepsScan: false) }
        let follows = previous.map { $0.number.next == number } ?? true
        scan = SegmentScan(after: follows && scannedNumber != nil && scannedNumber == previous?.number ? scan : nil)
        cutter = nil
        var segment = IndexedSegment(number: number, id: id)
        // Behind a segment without pictures there is nothing to follow on, unless nothing has come before that either.
        let hasLostPlace = previous.map { $0.contents.firstUnit == nil } ?? false
        segment.isDiscontinuous = !follows || hasLostPlace && segments.counts.timed > 0
        segment.discontinuityCount = (previous?.discontinuityCount ?? 0) + (segment.isDiscontinuous ? 1 : 0)
        current = segment
        update()
    }

    /// Bytes of it.
    ///
    /// - Parameter now: when they came, on a clock that does not go back.
    package mutating func receive(_ bytes: RawSpan, now: Duration) {
        scan.receive(bytes, now: now)
        take()
        update()
        chargeCurrent()
    }

    /// It has ended.
    package mutating func end(_ state: IndexedSegment.State) {
        scan.finish()
        take(hasEnded: true)
        current?.state = state
        if let contents = current?.contents, var cutter {
            current?.parts += cutter.finish(duration: contents.duration ?? 0, byteCount: contents.byteCount)
            self.cutter = cutter
        }
        update(hasEnded: true)
        if let current { keepScan(of: current) }
        if let current, latest.map({ $0.number <= current.number }) ?? true { latest = current.withoutPlaces }
        current = nil
    }

    /// The segment has been read.
    private mutating func keepScan(of segment: IndexedSegment) {
        scannedNumber = segment.number
        if let kept = segments.segment(segment.number), kept.id == segment.id {
            chargeScanned(segment.number, keepsScan: true)
        } else {
            if let id = segment.id { charges.forget(id) }
            forgetScan()
        }
    }

    private mutating func take(hasEnded: Bool = false) {
        let isFirst = current?.contents.firstUnit == nil && scan.contents.firstUnit != nil
        current?.contents = scan.contents
        if isFirst { join() } else { compareSound() }
        if partTarget == nil, let unit = scan.contents.unitDuration, scan.contents.unitCount > 4 || hasEnded {
            let isVideo = scan.contents.mainStream?.codec.kind == .video
            partTarget = PartCutter.target(near: wantedPartDuration, unitDuration: unit, isRegular: isVideo)
        }
        if let partTarget { cut(scan.takeUnits(), target: partTarget) }
    }

    private mutating func cut(_ units: [SegmentContents.Unit], target: MediaTicks) {
        var cutter = self.cutter ?? PartCutter(target: target)
        for unit in units {
            if let part = cutter.receive(unit, unitDuration: scan.contents.unitDuration) { current?.parts.append(part) }
        }
        self.cutter = cutter
    }

    /// The first picture is known: does it follow on the segment before?
    private mutating func join() {
        guard let current, let previous, !current.isDiscontinuous else { return }
        let first = current.contents.firstTimestamp
        if previous.duration == nil {
            // Of a single picture, only the next one tells how long it lasts.
            let duration = previous.contents.firstTimestamp.flatMap { before in first.map { before.distance(to: $0) } }
            if let duration, (1...Self.longestUnit).contains(duration) { settleDuration(of: previous, duration) }
        } else if let expected = previous.contents.nextTimestamp, let first,
            expected.distance(to: first).magnitude > Self.maximumStep
        {
            self.current?.isDiscontinuous = true
        }
        if !Self.areSame(previous.contents, current.contents) { self.current?.isDiscontinuous = true }
        if self.current?.isDiscontinuous == true { self.current?.discontinuityCount += 1 }
    }

    private mutating func settleDuration(of segment: IndexedSegment, _ duration: MediaTicks) {
        previous?.duration = duration
        guard var settled = segments.segment(segment.number) else { return }
        settled.duration = duration
        segments.put(settled)
    }

    /// The sound may come behind the first picture.
    private mutating func compareSound() {
        guard let current, let previous, !current.isDiscontinuous, current.contents.firstUnit != nil,
            Self.differ(previous.contents.soundFormat, current.contents.soundFormat)
        else { return }
        self.current?.isDiscontinuous = true
        self.current?.discontinuityCount += 1
    }

    /// Whether a decoder can go on.
    private static func areSame(_ first: SegmentContents, _ second: SegmentContents) -> Bool {
        if differ(first.pictureSize, second.pictureSize) || differ(first.soundFormat, second.soundFormat) {
            return false
        }
        guard let before = first.program, let after = second.program else { return true }
        return before.programNumber == after.programNumber && before.pcrPID == after.pcrPID
            && before.streams == after.streams
    }

    private static func differ<Value: Equatable>(_ first: Value?, _ second: Value?) -> Bool {
        guard let first, let second else { return false }
        return first != second
    }

    /// Nothing comes any more: the last segment, of a single picture, lasts as long as the one before, or as long as a picture often does.
    ///
    /// - Returns: whether there is such a segment.
    package mutating func close() -> Bool {
        guard let last = segments.last, last.duration == nil, last.contents.firstUnit != nil else { return false }
        var settled = last
        settled.duration = segments.dropLast().last?.duration ?? Self.usualPicture
        segments.put(settled)
        return true
    }

    /// Whether the segment that is being read has a picture, and no date.
    package var isUndated: Bool { current?.programTime == nil && scan.contents.firstUnit != nil }

    /// The channel's timeline says when it came, and when its first picture is to be seen.
    package mutating func date(_ entry: TimelineEntry) {
        current?.arrival = entry.arrival
        current?.programTime = entry.date
        update()
    }

    /// Puts the current segment in its place: at the end at once, between others when it is whole.
    private mutating func update(hasEnded: Bool = false) {
        guard let current else { return }
        defer { forgetCharges() }
        guard let last = segments.last, current.number <= last.number else { return segments.put(current) }
        let known = segments.segment(current.number)
        if hasEnded || known?.state == .open { segments.put(current) }
    }
}
