/// Quantiles of delays, in bounded memory: each octave of microseconds is cut into sixteen, so that a quantile is at most 6 % high.
struct DelayHistogram: Sendable {
    private static let stepsPerOctave = 16
    private var counts = [Int](repeating: 0, count: 64 * stepsPerOctave)
    private(set) var count = 0

    mutating func add(_ delay: Duration) {
        let microseconds = Int(max(0, delay / .microseconds(1)))
        counts[Self.bucket(of: microseconds)] += 1
        count += 1
    }

    /// The delay that `fraction` of all stay below; nil without any.
    func quantile(_ fraction: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = Int((Double(count) * fraction).rounded(.up))
        var seen = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank && number > 0 { return .microseconds(Self.upperBound(of: bucket)) }
        }
        return nil
    }

    /// Exact below sixteen, then sixteen to an octave.
    private static func bucket(of value: Int) -> Int {
        if value < stepsPerOctave { return value }
        let shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) - 4
        return (shift + 1) * stepsPerOctave + (value >> shift) - stepsPerOctave
    }

    private static func upperBound(of bucket: Int) -> Int {
        if bucket < stepsPerOctave { return bucket }
        let shift = bucket / stepsPerOctave - 1
        return (bucket % stepsPerOctave + stepsPerOctave + 1) << shift - 1
    }
}
