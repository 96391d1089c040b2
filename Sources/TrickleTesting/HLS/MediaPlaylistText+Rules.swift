// Rules over more than a line.
extension MediaPlaylistText {
    mutating func checkWhole() {
        if segments.contains(where: { $0.duration != $0.duration.rounded() }) {
            check(version >= 3, "durations with decimals need version 3")
        }
        for segment in segments {
            line = segment.uri
            // Section 4.3.3.1.
            check(
                Int(segment.duration.rounded()) <= targetDuration,
                "\(segment.duration) s, and the target is \(targetDuration)")
            check(segment.duration > 0, "no duration")
            if hasIndependentSegments, let part = segment.parts.first {
                check(part.isIndependent, "the first part of an independent segment is not independent")
            }
        }
        checkParts()
        if let hold = serverControl["HOLD-BACK"].map({ decimal($0) }) {
            check(hold >= Double(3 * targetDuration), "HOLD-BACK is less than three target durations")
        }
        if let skip = serverControl["CAN-SKIP-UNTIL"].map({ decimal($0) }) {
            check(skip >= Double(6 * targetDuration), "CAN-SKIP-UNTIL is less than six target durations")
        }
        if isEnded { check(hint == nil, "a hint of what comes next in a playlist that has ended") }
    }

    /// 8216bis, sections 4.4.3.7, 4.4.3.8 and 4.4.4.9.
    private mutating func checkParts() {
        let all = segments.flatMap(\.parts) + openParts
        guard !all.isEmpty || partTarget != nil else { return }
        guard let partTarget else { return problems.append("parts without PART-TARGET") }
        guard let hold = serverControl["PART-HOLD-BACK"].map({ decimal($0) }) else {
            return problems.append("parts without PART-HOLD-BACK")
        }
        check(hold >= 2 * partTarget, "PART-HOLD-BACK is less than two part targets")
        check(hold >= 3 * partTarget - 0.00002, "PART-HOLD-BACK should be three part targets at least")
        for part in all {
            check(part.duration <= partTarget, "a part of \(part.duration) s, and the target is \(partTarget)")
        }
        for (segment, next) in zip(segments, segments.map(Optional.some).dropFirst() + [nil])
        where !segment.parts.isEmpty {
            line = segment.uri
            checkOrder(of: segment.parts, in: segment.uri)
            let sum = segment.parts.reduce(0) { $0 + $1.duration }
            check(abs(sum - segment.duration) < 0.001, "parts of \(sum) s in a segment of \(segment.duration)")
            check(next.map { !$0.parts.isEmpty || $0.isGap } ?? true, "the next segment has no parts")
        }
        line = "the open segment"
        if let uri = openParts.first?.uri { checkOrder(of: openParts, in: uri, isOpen: true) }
        if let hint, let last = openParts.last {
            check(
                hint.uri == last.uri && hint.offset == last.offset.map { $0 + (last.byteCount ?? 0) },
                "the hint goes not on")
        }
        var behind = openParts.reduce(0) { $0 + $1.duration }
        for segment in segments.reversed() {
            check(
                segment.parts.isEmpty || behind <= Double(3 * targetDuration) + 0.001,
                "parts of \(segment.uri), far from the end")
            behind += segment.duration
        }
    }

    private mutating func checkOrder(of parts: [Part], in uri: String, isOpen: Bool = false) {
        var offset = 0
        for (index, part) in parts.enumerated() {
            check(part.uri == uri, "a part of another resource")
            check(part.offset == offset, "a part from \(part.offset ?? -1), and the one before ends at \(offset)")
            offset += part.byteCount ?? 0
            if index < parts.count - 1 || isOpen {
                check(part.duration >= 0.85 * (partTarget ?? 0), "a part of \(part.duration) s only")
            }
        }
    }

    /// What is wrong in this playlist as one that follows on `previous` (section 6.2.2, and 8216bis, 6.2.1).
    public func problems(after previous: MediaPlaylistText) -> [String] {
        var problems: [String] = []
        func check(_ isRight: Bool, _ problem: @autoclosure () -> String) {
            if !isRight { problems.append(problem()) }
        }
        check(
            targetDuration == previous.targetDuration,
            "the target duration went from \(previous.targetDuration) to \(targetDuration)")
        check(partTarget == previous.partTarget || previous.partTarget == nil, "the part target changed")
        check(mediaSequence >= previous.mediaSequence, "the media sequence went back")
        check(!previous.isEnded || isEnded, "a playlist that had ended goes on")
        check(nextNumber >= previous.nextNumber, "the last segments are gone")
        let old = Dictionary(uniqueKeysWithValues: previous.segments.map { ($0.number, $0) })
        for segment in segments {
            guard let before = old[segment.number] else { continue }
            check(segment.uri == before.uri, "\(segment.number) has another URI")
            check(
                segment.duration == before.duration,
                "\(segment.uri) lasts \(segment.duration) and lasted \(before.duration)")
            check(segment.isDiscontinuous == before.isDiscontinuous, "\(segment.uri): the discontinuity changed")
            check(segment.isGap == before.isGap, "\(segment.uri): the gap changed")
            check(segment.date == before.date, "\(segment.uri): the date changed")
            check(segment.parts.isEmpty || segment.parts == before.parts, "\(segment.uri): the parts changed")
        }
        let removed = previous.segments.filter { $0.number < mediaSequence }
        let expected = previous.discontinuitySequence + removed.count { $0.isDiscontinuous }
        if removed.count == mediaSequence - previous.mediaSequence {
            check(
                discontinuitySequence == expected,
                "the discontinuity sequence is \(discontinuitySequence), not \(expected)")
        }
        if !removed.isEmpty, !isEnded {
            let duration = segments.reduce(0) { $0 + $1.duration }
            check(duration >= Double(3 * targetDuration), "only \(duration) s are left where segments were removed")
        }
        let now =
            segments.first { $0.number == previous.nextNumber }?.parts
            ?? (nextNumber == previous.nextNumber ? openParts : nil)
        if let now, !now.isEmpty {
            check(now.starts(with: previous.openParts), "the parts of \(previous.nextNumber) changed")
        }
        return problems
    }
}
