import CommandFrame
import Logging
import Records
import TrickleKit

/// Puts records into the segments of a channel, one in each or several.
actor PipeSegments {
    private let makePublisher: @Sendable (_ takesOver: Bool) -> Publisher
    private var publisher: Publisher
    private let session: ToolSession
    private let span: Duration?
    private let recordsAreWhole: Bool
    private var meter = TransferMeter(now: .now)
    private var segments: SegmentSequenceWriter
    /// Whether a segment has been begun that has not ended.
    private var isOpen = false
    /// What was lost before the channel was made anew.
    private var lostBefore = 0
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
        segments = SegmentSequenceWriter(publisher)
    }

    /// How many segments did not get through whole.
    var lostCount: Int { lostBefore + segments.lostCount }

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
        segments.end()
        (isOpen, dueTime) = (false, nil)
    }

    /// Breaks the open segment off.
    func abort() {
        segments.abort()
        (isOpen, dueTime, pending) = (false, nil, [])
    }

    /// Ends what is open, and says what went through.
    func finish() async throws {
        try await endSegment()
        try await write { try await $0.finish() }
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
        try await openSegment()
        try await write { try await $0.write(bytes) }
        meter.add(byteCount: bytes.count, now: .now)
        if session.showsProgress, meter.isDrawingDue(now: .now) {
            session.console.show(progress: meter.progress(sequence: sequenceName, now: .now))
        }
    }

    /// For one at a time: nobody else looks at the segments meanwhile.
    private func write(_ body: (inout SegmentSequenceWriter) async throws -> Void) async throws {
        var writing = segments
        defer { segments = writing }
        try await body(&writing)
    }

    private var sequenceName: String { segments.sequence.map { "\($0)" } ?? "lost" }

    private func openSegment() async throws {
        if isOpen { return }
        do {
            try await write { try await $0.begin() }
        } catch let error as TrickleError where error.code == .channelClosed && meter.segments > 0 {
            // The relay gives up a channel on which nothing comes for long, and a log may be quiet for a night.
            session.logger.info("the relay has closed the channel meanwhile: publishes it anew")
            publisher = makePublisher(false)
            lostBefore += segments.lostCount
            segments = SegmentSequenceWriter(publisher)
            try await publisher.open()
            try await write { try await $0.begin() }
        }
        meter.beginSegment()
        isOpen = true
    }
}
