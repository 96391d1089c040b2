import Logging
import MPEGTS
import TrickleKit

/// Carries the segmenter's orders out on a publisher.
struct ChannelOutput {
    private let publisher: Publisher
    private let session: ToolSession
    private var meter = TransferMeter(now: .now)
    private let joinsStart: Bool
    /// Whether the segment being written holds nothing but the stream's start, before the first random access point.
    private var isStart = false
    private var writer: SegmentWriter?
    /// The segment that has ended, until the next begins or the input does.
    private var ended: SegmentWriter?
    /// How much of the channel's time line the segments cover that have ended.
    private(set) var mediaTime = Duration.zero
    /// Whether a segment was begun.
    var hasBegun: Bool { meter.segments > 0 }

    /// - Parameter joinsStart: Whether what comes before the first random access point goes into the segment that begins there,
    ///   instead of into one of its own, which could not stand alone.
    init(_ publisher: Publisher, joinsStart: Bool, session: ToolSession) {
        self.publisher = publisher
        self.joinsStart = joinsStart
        self.session = session
    }

    mutating func perform(_ steps: [SegmentingStep]) async throws {
        for step in steps {
            switch step {
            case .begin(let start): try await begin(start)
            case .bytes(let bytes): try await write(bytes)
            case .end(let end):
                session.logger.debug(
                    "segment \(writer.map { "\($0.sequence)" } ?? "?") ends: \(end.byteCount) bytes, \(end.duration)")
                (ended, writer) = (writer, nil)
                mediaTime += end.duration
            case .notice(let oddity): session.logger.warning("\(oddity)")
            }
        }
    }

    /// Waits until the relay has all of the last segment.
    mutating func finish() async throws {
        try await ended?.finish()
        ended = nil
        session.logger.info("published \(meter.summary(now: .now))")
    }

    /// The answer for the segment before is not waited for: the next one's first byte is worth more.
    private mutating func begin(_ start: SegmentStart) async throws {
        if joinsStart, isStart, case .randomAccessPoint = start.reason {
            isStart = false
            (writer, ended) = (ended, nil)
            return
        }
        isStart = start.reason == .streamStart
        ended?.finishWithoutWaiting()
        ended = nil
        let writer = try await publisher.nextSegment()
        session.logger.debug("segment \(writer.sequence) begins: \(start.reason)")
        meter.beginSegment()
        self.writer = writer
    }

    private mutating func write(_ bytes: [UInt8]) async throws {
        guard let writer else { preconditionFailure("a segment is begun before it is written") }
        try await writer.write(bytes)
        meter.add(byteCount: bytes.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            session.console.show(progress: meter.progress(sequence: "\(writer.sequence)", now: .now))
        }
    }
}
