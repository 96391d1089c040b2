import Logging
import MPEGTS
import TrickleKit

/// Carries the segmenter's orders out on a channel.
struct ChannelOutput {
    /// Where the segments go.
    enum Outlet {
        /// The source waits while the relay is slow.
        case waiting(SegmentSequenceWriter)
        /// The source goes on, and what the relay does not take is dropped.
        case live(LivePublisher)
    }

    private var outlet: Outlet
    private let session: ToolSession
    private var meter = TransferMeter(now: .now)
    private let joinsStart: Bool
    /// Whether the segment being written holds nothing but the stream's start, before the first random access point.
    private var isStart = false
    /// How much of the channel's time line the segments cover that have ended.
    private(set) var mediaTime = Duration.zero
    /// How many segments were begun.
    var segmentCount: Int { meter.segments }

    /// - Parameter joinsStart: Whether what comes before the first random access point goes into the segment that begins there,
    ///   instead of into one of its own, which could not stand alone.
    init(_ outlet: Outlet, joinsStart: Bool, session: ToolSession) {
        self.outlet = outlet
        self.joinsStart = joinsStart
        self.session = session
    }

    mutating func perform(_ steps: [SegmentingStep]) async throws {
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

    /// Waits until the relay has all of the last segment; a live outlet's sender does that.
    mutating func finish() async throws {
        var dropped = ""
        switch outlet {
        case .waiting(var segments):
            try await segments.finish()
            outlet = .waiting(segments)
        case .live(let live):
            live.finish()
            if live.droppedCount > 0 { dropped = "; \(live.droppedCount) segments dropped" }
        }
        session.logger.info("published \(meter.summary(now: .now))\(dropped)")
    }

    private mutating func begin(_ start: SegmentStart) async throws {
        if joinsStart, isStart, case .randomAccessPoint = start.reason {
            isStart = false
            return
        }
        isStart = start.reason == .streamStart
        switch outlet {
        case .waiting(var segments):
            try await segments.begin()
            outlet = .waiting(segments)
        case .live(let live): live.begin()
        }
        meter.beginSegment()
        session.logger.debug("segment \(progressName) begins: \(start.reason)")
    }

    private mutating func write(_ bytes: [UInt8]) async throws {
        switch outlet {
        case .waiting(let segments): try await segments.write(bytes)
        case .live(let live): live.write(bytes)
        }
        meter.add(byteCount: bytes.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            session.console.show(progress: meter.progress(sequence: progressName, now: .now))
        }
    }

    /// The number of the segment, where it is known: what waits has none yet.
    private var progressName: String {
        if case .waiting(let segments) = outlet, let sequence = segments.sequence { "\(sequence)" } else { "live" }
    }
}
