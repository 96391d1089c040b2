import CommandFrame
import TrickleCore

/// The demo's words for what it has measured.
struct DemoReport: Sendable {
    private var lastByteCount = 0
    private var lastTime: Duration = .zero

    init() {}

    /// The line of a second.
    mutating func line(_ measures: DemoMeasures, elapsed: Duration) -> String {
        let span = max(elapsed - lastTime, .milliseconds(1))
        let bits = Double(measures.ledger.byteCountOut - lastByteCount) * 8 / (span / .seconds(1))
        (lastByteCount, lastTime) = (measures.ledger.byteCountOut, elapsed)
        let delays = measures.ledger.delays
        return [
            "\(DecimalText.fixed(elapsed / .seconds(1), digits: 0)) s",
            "\(measures.segments) segments",
            TransferMeter.rate(bits),
            "\(measures.framesOut) frames out",
            "first frame \(Self.milliseconds(measures.timeToFirstFrame, digits: 0))",
            "delay p50 \(Self.milliseconds(delays.quantile(0.5))) p99 \(Self.milliseconds(delays.quantile(0.99)))",
        ].joined(separator: " | ")
    }

    static func summary(_ measures: DemoMeasures) -> [String] {
        let (delays, plainDelays) = (measures.ledger.delays, measures.plainLedger.delays)
        var lines = [
            "segments             \(measures.segments)",
            "frames               \(measures.framesIn) encoded, \(measures.framesOut) decoded",
            "bytes                \(measures.ledger.byteCountIn) in, \(measures.ledger.byteCountOut) out",
            "SHA-256 in           \(measures.sourceDigest ?? "none")",
            "SHA-256 out          \(measures.sinkDigest ?? "none")",
            "delay                p50 \(milliseconds(delays.quantile(0.5))), p99 \(milliseconds(delays.quantile(0.99))),"
                + " from publish-file's input to read2pipe's output",
            "delay of a pipe      p50 \(milliseconds(plainDelays.quantile(0.5))), p99 \(milliseconds(plainDelays.quantile(0.99))),"
                + " through cat, to compare with",
        ]
        if measures.timeToFirstByte != nil {
            lines.append(
                "a viewer who joins   first byte after \(milliseconds(measures.timeToFirstByte, digits: 0)),"
                    + " first frame after \(milliseconds(measures.timeToFirstFrame, digits: 0))")
        }
        let faults = measures.faults
        return lines + (faults.isEmpty ? ["every frame and byte came through"] : faults.map { "NOT right: \($0)" })
    }

    static func milliseconds(_ span: Duration?, digits: Int = 1) -> String {
        span.map { "\(DecimalText.fixed($0 / .milliseconds(1), digits: digits)) ms" } ?? "–"
    }
}
