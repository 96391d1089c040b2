import TrickleCore

/// Counts what goes through a tool, and words it for the line of progress and for the summary.
public struct TransferMeter: Sendable {
    /// The line of progress is redrawn at most this often.
    static let redrawInterval: Duration = .milliseconds(250)
    /// The bitrate shown is that of the last whole span of at least this length.
    static let rateSpan: Duration = .seconds(1)

    public private(set) var segments = 0
    public private(set) var byteCount = 0

    private let start: ContinuousClock.Instant
    private var spanStart: ContinuousClock.Instant
    private var spanByteCount = 0
    private var bitsPerSecond = 0.0
    private var lastDrawn: ContinuousClock.Instant?

    public init(now: ContinuousClock.Instant) {
        start = now
        spanStart = now
    }

    public mutating func beginSegment() { segments += 1 }

    public mutating func add(byteCount added: Int, now: ContinuousClock.Instant) {
        byteCount += added
        spanByteCount += added
        let span = now - spanStart
        guard span >= Self.rateSpan else { return }
        bitsPerSecond = Double(spanByteCount) * 8 / (span / .seconds(1))
        (spanStart, spanByteCount) = (now, 0)
    }

    /// Whether the line of progress is due, which counts as drawn then.
    public mutating func isDrawingDue(now: ContinuousClock.Instant) -> Bool {
        if let lastDrawn, now - lastDrawn < Self.redrawInterval { return false }
        lastDrawn = now
        return true
    }

    /// One line without a verb: `segment 12, 3.4 MB, 2.1 Mbit/s, 0:12`.
    public func progress(sequence: String, now: ContinuousClock.Instant) -> String {
        "segment \(sequence), \(Self.bytes(byteCount)), \(Self.rate(bitsPerSecond)), \(Self.clock(now - start))"
    }

    /// `12 segments, 3.4 MB in 12.0 s`.
    public func summary(now: ContinuousClock.Instant) -> String {
        let seconds = DecimalText.fixed((now - start) / .seconds(1), digits: 1)
        return "\(segments) segment\(segments == 1 ? "" : "s"), \(Self.bytes(byteCount)) in \(seconds) s"
    }

    /// Decimal units, as network people count.
    public static func bytes(_ count: Int) -> String {
        switch count {
        case ..<1_000: "\(count) bytes"
        case ..<1_000_000: "\(DecimalText.fixed(Double(count) / 1e3, digits: 1)) kB"
        case ..<1_000_000_000: "\(DecimalText.fixed(Double(count) / 1e6, digits: 1)) MB"
        default: "\(DecimalText.fixed(Double(count) / 1e9, digits: 2)) GB"
        }
    }

    public static func rate(_ bitsPerSecond: Double) -> String {
        bitsPerSecond < 1e6
            ? "\(DecimalText.fixed(bitsPerSecond / 1e3, digits: 0)) kbit/s"
            : "\(DecimalText.fixed(bitsPerSecond / 1e6, digits: 1)) Mbit/s"
    }

    /// Hours, minutes and seconds, without leading hours that are zero.
    static func clock(_ span: Duration) -> String {
        let seconds = Int(span.components.seconds)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}
