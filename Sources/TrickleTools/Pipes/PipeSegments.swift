import Logging
import TrickleKit

/// Puts records into the segments of a channel, one in each or several.
actor PipeSegments {
    private let makePublisher: @Sendable (_ takesOver: Bool) -> Publisher
    private var publisher: Publisher
    private let session: ToolSession
    private let span: Duration?
    private let recordsAreWhole: Bool
    private var meter = TransferMeter(now: .now)
    private var writer: SegmentWriter?
    /// Bytes of the open segment that were not written yet: at most what one read brings.
    private var pending: [UInt8] = []
    private var isInRecord = false
    /// When the open segment is to end, where that is a matter of time.
    private var dueTime: ContinuousClock.Instant?

    /// - Parameters:
    ///   - takesOver: Whether another that publishes the channel is pushed aside.
    ///   - span: For how long a segment is open from its first byte on; nil where it ends with its record.
    ///   - recordsAreWhole: Whether a segment ends only where a record does.
    init(
        relay: RelayURL, channel: ChannelName, contentType: String, configuration: ClientConfiguration,
        takesOver: Bool, span: Duration?, recordsAreWhole: Bool, session: ToolSession
    ) {
        self.span = span
        self.recordsAreWhole = recordsAreWhole
        self.session = session
        let id = PublisherID()
        makePublisher = { takesOver in
            Publisher(
                relay: relay, channel: channel, contentType: contentType, configuration: configuration, id: id,
                takesOver: takesOver)
        }
        publisher = makePublisher(takesOver)
    }

    func open() async throws { try await publisher.open() }

    /// When to call ``endSegment()``; nil while there is nothing to end.
    var deadline: ContinuousClock.Instant? { recordsAreWhole && isInRecord ? nil : dueTime }

    func perform(_ events: [RecordEvent]) async throws {
        for event in events {
            switch event {
            case .bytes(let bytes):
                if isDue && !(recordsAreWhole && isInRecord) { try await endSegment() }
                pending += bytes
                isInRecord = true
                if dueTime == nil, let span { dueTime = .now + span }
            case .end:
                isInRecord = false
                if span == nil || isDue { try await endSegment() }
            }
        }
        try await flush()
    }

    private var isDue: Bool { dueTime.map { $0 <= .now } ?? false }

    /// Ends the open segment. The answer is not waited for.
    func endSegment() async throws {
        try await flush()
        writer?.finishWithoutWaiting()
        (writer, dueTime) = (nil, nil)
    }

    /// Breaks the open segment off.
    func abort() {
        writer?.abort()
        (writer, dueTime, pending) = (nil, nil, [])
    }

    /// Ends what is open, and says what went through.
    func finish() async throws {
        try await endSegment()
        session.summarize("published \(meter.summary(now: .now))")
    }

    /// Waits until the relay has everything, and closes the channel or leaves it open.
    func close(keepsOpen: Bool) async throws {
        if keepsOpen { try await publisher.settle() } else { try await publisher.close() }
    }

    /// After a stop, where the relay takes no more.
    ///
    /// - Returns: whether it has closed the channel all the same.
    func closeAtOnce() async -> Bool { await publisher.closeAtOnce(session.stop) }

    private func flush() async throws {
        if pending.isEmpty { return }
        let bytes = pending
        pending.removeAll(keepingCapacity: true)
        let writer = try await openWriter()
        try await writer.write(bytes)
        meter.add(byteCount: bytes.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            session.console.show(progress: meter.progress(sequence: "\(writer.sequence)", now: .now))
        }
    }

    private func openWriter() async throws -> SegmentWriter {
        if let writer { return writer }
        let writer: SegmentWriter
        do {
            writer = try await publisher.nextSegment()
        } catch let error as TrickleError where error.code == .channelClosed && meter.segments > 0 {
            // The relay gives up a channel on which nothing comes for long, and a log may be quiet for a night.
            session.logger.info("the relay has closed the channel meanwhile: publishes it anew")
            publisher = makePublisher(false)
            try await publisher.open()
            writer = try await publisher.nextSegment()
        }
        meter.beginSegment()
        self.writer = writer
        return writer
    }
}
