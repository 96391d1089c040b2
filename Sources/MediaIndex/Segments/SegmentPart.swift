import MPEGTS

/// Some bytes of a segment, from one picture to another, that can be read as soon as they are there.
package struct SegmentPart: Sendable, Hashable {
    /// The first byte in the segment.
    package let offset: Int
    package let byteCount: Int
    package let duration: MediaTicks
    /// Whether it begins with a random access point.
    package let isIndependent: Bool
}

/// Cuts a segment that grows into parts, before pictures: as long as can be without going beyond a target.
///
/// Where pictures come at the same distance, all parts but a segment's last have the target duration.
package struct PartCutter: Sendable {
    /// What a part lasts at most, unless a single picture lasts longer.
    package let target: MediaTicks
    /// Where the part begins that is not cut yet.
    package private(set) var start = 0
    private var startElapsed: MediaTicks = 0
    private var isIndependent = false
    /// The last picture before which the part may be cut.
    private var candidate: SegmentContents.Unit?
    private var hasBegun = false

    package init(target: MediaTicks) {
        self.target = target
    }

    /// Of all parts but a segment's last, the duration is to be at least this much of the target (8216bis, section 4.4.3.7).
    package static let leastShare = (numerator: Int64(85), denominator: Int64(100))

    /// What all parts of a stream can have as their target: a whole number of units near `wanted`.
    ///
    /// - Parameters:
    ///   - unitDuration: what a unit lasts on average.
    ///   - isRegular: whether all last the same, as pictures do, but not the audio frames of a PES packet.
    package static func target(near wanted: MediaTicks, unitDuration: MediaTicks, isRegular: Bool) -> MediaTicks {
        let unit = max(unitDuration, 1)
        let target = unit * max((wanted + unit / 2).count / unit.count, 1)
        return isRegular ? target : target + target / 10
    }

    /// A picture begins.
    ///
    /// - Parameter unitDuration: what the next one is expected to last.
    /// - Returns: the part that it ends.
    package mutating func receive(_ unit: SegmentContents.Unit, unitDuration: MediaTicks?) -> SegmentPart? {
        guard hasBegun else {
            hasBegun = true
            isIndependent = unit.randomAccessPoint != nil
            return nil
        }
        let length = unit.elapsed - startElapsed
        if length > target, let candidate {
            let part = cut(before: candidate)
            // A part that has to be shorter than the rest of it leaves that to the next one.
            self.candidate = unit.elapsed > candidate.elapsed ? unit : nil
            return part
        }
        let isLongEnough = length * Self.leastShare.denominator >= target * Self.leastShare.numerator
        if length >= target || isLongEnough && length + (unitDuration ?? 0) > target { return cut(before: unit) }
        if length > 0 { candidate = unit }
        return nil
    }

    /// The segment has ended.
    ///
    /// - Returns: what is left of it: one part, or two where one would be too long.
    package mutating func finish(duration: MediaTicks, byteCount: Int) -> [SegmentPart] {
        guard hasBegun, byteCount > start else { return [] }
        var parts: [SegmentPart] = []
        if duration - startElapsed > target, let candidate { parts.append(cut(before: candidate)) }
        parts.append(
            SegmentPart(
                offset: start, byteCount: byteCount - start, duration: max(duration - startElapsed, 0),
                isIndependent: isIndependent))
        return parts
    }

    private mutating func cut(before unit: SegmentContents.Unit) -> SegmentPart {
        let part = SegmentPart(
            offset: start, byteCount: unit.offset - start, duration: unit.elapsed - startElapsed,
            isIndependent: isIndependent)
        start = unit.offset
        startElapsed = unit.elapsed
        isIndependent = unit.randomAccessPoint != nil
        candidate = nil
        return part
    }
}
