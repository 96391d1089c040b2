extension StreamAnalysis: CustomStringConvertible {
    /// A report for people, of several lines.
    public var description: String {
        (summary + programs.flatMap(lines(of:)) + details).joined(separator: "\n")
    }

    private var summary: [String] {
        var line = "MPEG-TS, packets of \(packetSize) bytes: \(packetCount)"
        if let duration { line += ", \(Self.decimal(duration)) s" }
        if let bitrate { line += ", \(Self.bitrate(bitrate))" }
        if nullPacketCount > 0 { line += ", \(Self.percent(nullPacketCount, of: packetCount)) null packets" }
        return [line]
    }

    private func lines(of program: Program) -> [String] {
        let clock =
            program.hasMap ? program.pcrPID.map { "clock on PID \($0)" } ?? "no clock" : "but no map has come"
        let mark = program.isChosen ? ", the one to cut at" : ""
        let head = "program \(program.number): map on PID \(program.mapPID), \(clock)\(mark)"
        return [head] + program.streams.flatMap(lines(of:))
    }

    private func lines(of stream: Stream) -> [String] {
        var line = "  PID \(stream.pid): \(stream.codec)"
        if let width = stream.width, let height = stream.height { line += " \(width)x\(height)" }
        if let language = stream.language { line += " [\(language)]" }
        if stream.packetCount == 0 {
            line += ", no packets"
        } else if let bitrate = stream.bitrate {
            line += ", \(Self.bitrate(bitrate))"
        }
        if stream.isScrambled { line += ", scrambled" }
        var lines = [line]
        if !stream.randomAccessPoints.isEmpty {
            let kinds = stream.randomAccessPoints.sorted { $0.key < $1.key }.map { "\($1) x \($0)" }
            lines.append("    random access points: " + kinds.joined(separator: ", "))
        }
        if stream.unannouncedIntraCount > 0 {
            lines.append(
                "    I pictures that are not announced as random access points: \(stream.unannouncedIntraCount)")
        }
        if let durations = stream.gopDurations, let lengths = stream.gopLengths {
            lines.append("    GOPs: \(Self.spread(durations)) s, \(Self.spread(lengths)) pictures (min/avg/max)")
        }
        if stream.width != nil {
            lines.append(
                "    random_access_indicator on \(stream.randomAccessIndicatorCount) of \(stream.unitCount) units")
        }
        return lines
    }

    private var details: [String] {
        var lines: [String] = []
        if !unlistedPIDs.isEmpty {
            lines.append("PIDs that no map lists: " + unlistedPIDs.map { "\($0.pid)" }.joined(separator: ", "))
        }
        if let intervals = clock.intervals {
            let spread = Spread(
                minimum: intervals.minimum * 1000, average: intervals.average * 1000, maximum: intervals.maximum * 1000)
            lines.append("clock: \(clock.pcrCount) PCRs, every \(Self.spread(spread)) ms, \(clock.jumpCount) jumps")
        } else {
            lines.append("clock: \(clock.pcrCount) PCRs")
        }
        lines.append(errors.isEmpty ? "errors: none" : "errors (ETSI TR 101 290):")
        lines += errors.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        lines += oddities.sorted { $0.key < $1.key }.map { "note: \($0.key) (\($0.value))" }
        lines.append("segments: \(segmentCount)")
        for (index, segment) in segments.enumerated() {
            lines.append(
                "  \(index): \(segment.reason), \(Self.decimal(segment.duration)) s, \(segment.byteCount) bytes")
        }
        if segmentCount > segments.count { lines.append("  and \(segmentCount - segments.count) more") }
        return lines
    }

    private static func spread(_ spread: Spread) -> String {
        [spread.minimum, spread.average, spread.maximum].map(decimal).joined(separator: "/")
    }

    /// Two decimal places at most.
    private static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let hundredths = Int64((value * 100).rounded())
        let rest = abs(hundredths % 100)
        let sign = hundredths < 0 && hundredths > -100 ? "-" : ""
        let whole = "\(sign)\(hundredths / 100)"
        return rest == 0 ? whole : rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func bitrate(_ bitsPerSecond: Double) -> String {
        bitsPerSecond >= 1e6 ? "\(decimal(bitsPerSecond / 1e6)) Mbit/s" : "\(decimal(bitsPerSecond / 1e3)) kbit/s"
    }

    private static func percent(_ count: Int, of whole: Int) -> String {
        "\(decimal(100 * Double(count) / Double(max(whole, 1)))) %"
    }
}
