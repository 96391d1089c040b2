import CommandFrame
import Logging
import Records
import TrickleKit

/// Puts records into the segments of a channel, one in each or several.
actor PipeSegments {
    private let channel: RemoteChannel
    private let session: ToolSession
    private let span: Duration?
    private let recordsAreWhole: Bool
    private var meter = TransferMeter(now: .now)
    private var segments: RenewedOutlet<SegmentSequenceWriter>
    /// Whether a segment has been begun that has not ended.
    private var isOpen = false
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
        let relay = RelayDestination(
            relay, configuration: configuration, contentType: contentType, takesOver: takesOver)
        self.channel = relay.remote(channel, logger: session.logger)
        segments = self.channel.outlet(renewing: .afterFirstSegment)
    }

    /// How many segments did not get through whole.
    var lostCount: Int { segments.droppedCount }

    func open() async throws { try await channel.open() }

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
        if keepsOpen { try await channel.settle() } else { try await channel.close(settlingFor: nil) }
    }

    /// After a stop, where the relay takes no more.
    ///
    /// - Returns: whether it has closed the channel all the same.
    func closeAtOnce() async -> Bool { await channel.closeAtOnce(session.stop) }

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
    private func write(_ body: (inout RenewedOutlet<SegmentSequenceWriter>) async throws -> Void) async throws {
        var writing = segments
        defer { segments = writing }
        try await body(&writing)
    }

    private var sequenceName: String { segments.sequence.map { "\($0)" } ?? "lost" }

    private func openSegment() async throws {
        if isOpen { return }
        try await write { try await $0.begin() }
        meter.beginSegment()
        isOpen = true
    }
}
