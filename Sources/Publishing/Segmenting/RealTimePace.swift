import CommandFrame
import Logging
import MPEGTS

/// Holds a stored stream back to the speed at which it was made.
package struct RealTimePace: Sendable {
    /// A stream without a clock for so many bytes is sent as it comes: 1 MiB.
    private static let clocklessByteCount = 1 << 20

    private let isKept: Bool
    private let lead: Duration
    private var pacer = PacketPacer()
    private var start: ContinuousClock.Instant?
    private var byteCount = 0
    /// The beginning of a segment whose first bytes are not due yet.
    private var beginning: SegmentingStep?

    /// - Parameters:
    ///   - isKept: false for streams that have their own pace, or none: nothing is held back.
    ///   - lead: How far the stream may be ahead of its clock.
    package init(isKept: Bool, lead: Duration = .zero) {
        self.isKept = isKept
        self.lead = lead
    }

    /// Carries the steps out, each when it is due; all at once when a stop is asked for.
    package mutating func perform(
        _ steps: [SegmentingStep], on output: inout ChannelOutput, _ session: ToolSession
    ) async throws {
        guard isKept else { return try await output.perform(steps) }
        for step in steps {
            switch step {
            case .begin: beginning = step
            case .bytes(let bytes):
                for run in pacer.runs(of: bytes.span.bytes) {
                    try await wait(until: run.due, session)
                    try await output.perform([beginning, .bytes(Array(bytes[run.range]))].compactMap { $0 })
                    beginning = nil
                }
                tellOfMissingClock(bytes.count, session)
            case .end, .notice: try await output.perform([step])
            }
        }
    }

    private mutating func wait(until due: Duration, _ session: ToolSession) async throws {
        let start = start ?? .now
        self.start = start
        while !session.stop.isMade {
            let rest = due - lead - (ContinuousClock.now - start)
            guard rest > .zero else { return }
            // In short sleeps, so that a stop is heard.
            try await Task.sleep(for: min(rest, .milliseconds(50)))
        }
    }

    private mutating func tellOfMissingClock(_ count: Int, _ session: ToolSession) {
        guard byteCount < Self.clocklessByteCount else { return }
        byteCount += count
        guard byteCount >= Self.clocklessByteCount, !pacer.hasClock else { return }
        session.logger.warning(
            "the stream has no clock (PCR) and no time stamps: it is sent as fast as the relay takes it")
    }
}
