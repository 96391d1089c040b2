import CommandFrame
import Endings
import Logging
import MPEGTS
import TrickleCore
import TrickleKit

/// Reads a channel segment by segment, tells of every loss, and shows the progress: what `read2pipe`, `play` and
/// `subscriber-example` have in common.
public struct ChannelReading: Sendable {
    public let relay: RelayURL
    public let channel: ChannelName
    public let configuration: ClientConfiguration
    public var start: SegmentPosition = .next
    /// Whether the first segment is read from the last random access point of what is there, rather than from its beginning.
    public var joinsAtLiveEdge = false
    /// Whether the player keeps close to the live edge. What lies before it at the start gets time stamps with which the
    /// player goes through that at once (see ``CatchUp``), and after a pause it catches up.
    public var catchesUp = false
    /// How many segments are read; nil for all that come.
    public var segmentLimit: Int?
    public var wait: Duration = .zero
    /// Whether to go on at the oldest segment that is kept, after falling out of the window.
    public var rejoinsAtOldest = false
    /// Whether a loss ends the reading.
    public var isStrict = false

    public init(relay: RelayOptions, channel: ChannelName, reading: ReadingOptions, session: ToolSession) {
        self.relay = relay.url
        self.channel = channel
        configuration = relay.configuration(logger: session.logger)
        wait = reading.wait.duration
        isStrict = reading.strict
        rejoinsAtOldest = reading.fromWindow
    }

    /// For a channel that is there, or was a moment ago.
    package init(relay: RelayURL, channel: ChannelName, configuration: ClientConfiguration) {
        self.relay = relay
        self.channel = channel
        self.configuration = configuration
    }

    /// Hands every segment to `sink`, in order, until the channel ends, the limit is reached, the sink has enough, or a stop is
    /// asked for.
    ///
    /// - Throws: ``ToolFailure``; what the sink throws.
    public func run<Sink: SegmentSink>(into sink: Sink, session: ToolSession) async throws {
        _ = try await session.stop.cancelling {
            guard let departure = sink.departure else { return try await read(into: sink, session: session) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await read(into: sink, session: session) }
                group.addTask { for await _ in departure {} }
                // Whoever is first ends the other: the channel, or those whom it was for.
                try await group.next()
                group.cancelAll()
                do { try await group.next() } catch is CancellationError {}
            }
        }
    }

    private func read(into sink: some SegmentSink, session: ToolSession) async throws {
        var subscriber = Subscriber(
            relay: relay, channel: channel, from: start, configuration: configuration,
            waitForChannel: wait > .zero ? wait : nil)
        subscriber.rejoinsAtOldest = rejoinsAtOldest
        session.logger.debug("reads \(relay.url(channel: channel, position: start))")
        var meter = TransferMeter(now: .now)
        defer { session.summarize("read \(meter.summary(now: .now))\(Self.losses(subscriber.statistics))") }
        var remaining = segmentLimit
        if remaining == 0 { return }
        let notice = announceWaiting(subscriber, session)
        defer { notice.cancel() }
        var isFirst = true
        for try await segment in subscriber {
            notice.cancel()
            // The library's own log tells of it.
            if isStrict, let skipped = segment.skipped {
                throw ToolFailure("\(skipped) skipped: the relay no longer keeps that much", exit: .dataLost)
            }
            meter.beginSegment()
            var disposition = try await sink.begin(segment.sequence)
            if disposition == .goOn {
                let edge = isFirst && joinsAtLiveEdge ? LiveEdge(segment) : nil
                disposition = try await copy(segment, from: edge, to: sink, meter: &meter, session: session)
                isFirst = false
            }
            if disposition == .stop { return }
            remaining = remaining.map { $0 - 1 }
            if remaining == 0 { return }
        }
        // The library's own log tells of it.
        if isStrict, subscriber.statistics.endedSilently {
            throw ToolFailure(
                "the channel went away without the word that it had ended: segments may be missing", exit: .dataLost)
        }
    }

    /// Passes one segment on.
    private func copy(
        _ segment: SubscribedSegment, from edge: LiveEdge?, to sink: some SegmentSink, meter: inout TransferMeter,
        session: ToolSession
    ) async throws -> SinkDisposition {
        do {
            if var edge {
                var beginning = try await edge.join()
                if beginning.isFound {
                    session.logger.debug("begins at the last random access point of segment \(segment.sequence)")
                }
                if catchesUp { beginning.bytes = CatchUp.hurried(beginning.bytes) }
                meter.add(byteCount: beginning.bytes.count, now: .now)
                if try await sink.write(beginning.bytes) == .stop { return .stop }
            }
            for try await bytes in segment.body {
                meter.add(byteCount: bytes.count, now: .now)
                if try await sink.write(bytes) == .stop { return .stop }
                if session.showsProgress, meter.isDrawingDue(now: .now) {
                    session.console.show(progress: meter.progress(sequence: "\(segment.sequence)", now: .now))
                }
            }
        } catch let error as TrickleError where error.concernsOneSegment {
            try await sink.end(isWhole: false)
            try report(loss: error.message, session: session)
            return .goOn
        } catch {
            try await sink.end(isWhole: false)
            throw error
        }
        try await sink.end(isWhole: true)
        return .goOn
    }

    /// Says what is going on when nothing comes at first.
    private func announceWaiting(_ subscriber: Subscriber, _ session: ToolSession) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: .seconds(1))
            session.logger.info("\(waiting(because: subscriber.obstacle))")
        }
    }

    /// What is waited for when nothing has come yet.
    func waiting(because obstacle: ReadingObstacle?) -> String {
        let place = relay.url(channel: channel)
        let limit = "for up to \(DecimalText.fixed(wait / .seconds(1), digits: 0)) s"
        switch obstacle {
        case .relay(let text): return "waits \(limit): \(text)"
        case .channelMissing: return "waits \(limit) for \(place), where nothing is published yet"
        case .early(let next):
            return
                "waits for segment \(start) of \(place), whose next one is \(next): '--from current' begins at once"
        case nil where start == .next:
            return
                "waits for the next segment of \(place): '--from current' begins with the one that is being written"
        case nil: return "waits for \(place): it is there, and nothing has come yet"
        }
    }

    private func report(loss: String, session: ToolSession) throws {
        if isStrict { throw ToolFailure(loss, exit: .dataLost) }
        session.logger.warning("\(loss)")
    }

    private static func losses(_ statistics: SubscriberStatistics) -> String {
        if statistics.isLossless { return "" }
        return "; missing: \(statistics.segmentsSkipped) skipped, \(statistics.segmentsAborted) aborted, "
            + "\(statistics.segmentsCut) cut"
            + (statistics.endedSilently ? ", perhaps the end" : "")
            + (statistics.bytesMissing > 0 ? " (\(statistics.bytesMissing) bytes of known length)" : "")
    }
}

/// Whether a sink wants more.
public enum SinkDisposition: Sendable {
    case goOn, stop
}

/// Takes what a channel delivers. Each segment is begun, written piece by piece, and ended.
public protocol SegmentSink: Sendable {
    func begin(_ sequence: SequenceNumber) async throws -> SinkDisposition
    func write(_ bytes: [UInt8]) async throws -> SinkDisposition
    /// - Parameter isWhole: Whether nothing is missing of the segment.
    func end(isWhole: Bool) async throws
    /// Finishes when nobody is left to take anything, even while nothing comes; nil where that cannot happen.
    var departure: AsyncStream<Never>? { get }
}
