import CommandFrame
import Logging
import MPEGTS
import TrickleKit

/// Carries the segmenter's orders out on a channel.
package struct ChannelOutput: Sendable {
    private var outlet: any SegmentOutlet
    private let session: ToolSession
    private var meter = TransferMeter(now: .now)
    private let joinsStart: Bool
    /// Whether the segment being written holds nothing but the stream's start, before the first random access point.
    private var isStart = false
    /// How much of the channel's time line the segments cover that have ended.
    private(set) var mediaTime = Duration.zero
    /// How many segments were begun.
    package var segmentCount: Int { meter.segments }
    /// How many of them did not get through whole.
    package var droppedCount: Int { outlet.droppedCount }

    /// - Parameter joinsStart: Whether what comes before the first random access point goes into the segment that begins there,
    ///   instead of into one of its own, which could not stand alone.
    package init(_ outlet: any SegmentOutlet, joinsStart: Bool, session: ToolSession) {
        self.outlet = outlet
        self.joinsStart = joinsStart
        self.session = session
    }

    package mutating func perform(_ steps: [SegmentingStep]) async throws {
        for step in steps {
            switch step {
            case .begin(let start): try await begin(start)
            case .bytes(let bytes): try await write(bytes)
            case .end(let end):
                session.logger.debug("a segment ends: \(end.byteCount) bytes, \(end.duration)")
                mediaTime += end.duration
            case .notice(let oddity): session.logger.warning("\(oddity)")
            }
        }
    }

    /// Says what went through.
    func summarize() {
        let dropped = outlet.droppedCount > 0 ? "; \(outlet.droppedCount) segments lost" : ""
        session.summarize("published \(meter.summary(now: .now))\(dropped)")
    }

    /// Waits until the relay has all of the last segment; a live outlet's sender does that.
    mutating func endSegment() async throws { try await outlet.finish() }

    private mutating func begin(_ start: SegmentStart) async throws {
        if joinsStart, isStart, case .randomAccessPoint = start.reason {
            isStart = false
            return
        }
        isStart = start.reason == .streamStart
        try await outlet.begin()
        meter.beginSegment()
        session.logger.debug("segment \(progressName) begins: \(start.reason)")
    }

    private mutating func write(_ bytes: [UInt8]) async throws {
        try await outlet.write(bytes)
        meter.add(byteCount: bytes.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            session.console.show(progress: meter.progress(sequence: progressName, now: .now))
        }
    }

    private var progressName: String { outlet.sequence.map { "\($0)" } ?? "live" }
}
