import MPEGTS
import NIOConcurrencyHelpers
import NIOCore
import TrickleCore
import TrickleRelay

/// What is in the segments that a channel keeps: where viewers can begin, how long segments last, which parts they have.
///
/// Reads the channel as any subscriber does, from the oldest kept segment on, and keeps no byte of it. It begins with the first who asks and
/// ends when nobody has asked for a while: then there is no task and no work. ``Indexes`` has the one of a channel.
package actor ChannelIndex {
    /// How many segments ahead one may wait for (8216bis, section 6.2.5.2).
    package static let maximumAdvance = 2

    private struct Activity {
        var lastAskedAt: ContinuousClock.Instant
        var hasEnded = false
    }

    package nonisolated let channel: ChannelName
    /// The incarnation of the channel.
    package nonisolated let id: ChannelID
    /// What players have been told of it.
    package nonisolated let playlist: SharedPlaylist
    private let relay: RelayServer
    private let timelines: MediaTimelines
    private let idleTime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let activity: NIOLockedValueBox<Activity>
    private var reading: SegmentReading
    private var isClosed = false
    /// Why nothing more is read though the channel may not be over: the relay goes down, or the index has ended.
    private var failure: TrickleError?
    private var version = 0
    private var restartCount = 0
    private var generation = ""
    /// The number that the channel's publisher writes next, as of the last look at what the relay keeps.
    private var next = SequenceNumber.zero
    /// What of ``ChannelWindow/lateCount`` has been looked after.
    private var lateCount = 0
    /// Whether a number has been passed over, or was being written anew.
    private var mayHaveMissed = false
    private var hasCaughtUp = false
    /// Those who wait, by what they wait for: whether it is there is asked once for all of them.
    private var waiting: [Event: [Int: CheckedContinuation<Void, any Error>]] = [:]
    private var lastWaitingID = 0
    private let started = ContinuousClock.now

    package init(
        _ relay: RelayServer, channel: ChannelName, id: ChannelID, timelines: MediaTimelines,
        configuration: IndexConfiguration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        activity = NIOLockedValueBox(Activity(lastAskedAt: now()))
        self.relay = relay
        self.timelines = timelines
        playlist = SharedPlaylist(LivePlaylist.Keeping(relay.configuration.limits))
        self.channel = channel
        self.id = id
        idleTime = configuration.idleTime
        reading = SegmentReading(wantedPartDuration: MediaTicks(configuration.partDuration))
    }

    // MARK: - What can be asked

    /// What is known, once what was kept when the index began has been read.
    ///
    /// - Parameter window: what the relay keeps now, by whoever has just looked.
    /// - Throws: as ``wait(for:)``.
    package func snapshot(_ window: ChannelWindow? = nil) async throws -> Snapshot {
        if let failure { throw failure }
        guard !hasCome(.caughtUp) else { return currentSnapshot(window) }
        try await wait(for: .caughtUp)
        return currentSnapshot()
    }

    /// What is known at the moment, be it little.
    ///
    /// - Parameter window: as for ``snapshot(_:)``.
    package func currentSnapshot(_ window: ChannelWindow? = nil) -> Snapshot {
        touch()
        forgetDropped(window)
        return Snapshot(
            segments: reading.segments, isClosed: isClosed, partTarget: reading.partTarget, version: version,
            restartCount: restartCount, generation: generation)
    }

    /// Where a viewer begins: at the channel's last random access point, or, where none is to be seen in whole segments, at the newest of
    /// those.
    ///
    /// - Throws: as ``wait(for:)``.
    package func lastPlaceToBegin() async throws -> AccessPlace? {
        let segments = try await snapshot().segments
        guard segments.counts.placesToBegin > 0 else { return nil }
        return segments.last(where: \.isPlaceToBegin).map { segment in
            segment.contents.randomAccessPoints.last.map { AccessPlace(segment, $0) } ?? AccessPlace(segment)
        }
    }

    /// The first segment from a number on that a viewer can begin with: of all, where the number is of a count that is over.
    package func firstPlaceToBegin(from number: SequenceNumber) -> IndexedSegment? {
        guard reading.segments.counts.placesToBegin > 0 else { return nil }
        let place = number > next ? reading.segments.startIndex : reading.segments.place(from: number)
        return reading.segments[place...].first(where: \.isPlaceToBegin)
    }

    /// Waits until the event is there, or the channel is closed and it cannot come any more.
    ///
    /// - Throws: `CancellationError`; ``TrickleError`` when the relay goes down, or the index has ended.
    package func wait(for event: Event) async throws {
        if let failure { throw failure }
        touch()
        forgetDropped()
        if hasCome(event) { return }
        lastWaitingID += 1
        let id = lastWaitingID
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiting[event, default: [:]][id] = continuation
                }
            }
        } onCancel: {
            Task { await self.stopWaiting(id, for: event) }
        }
    }

    /// As ``wait(for:)``, for a while.
    ///
    /// - Returns: whether the event came in that time.
    package nonisolated func wait(for event: Event, atMost limit: Duration) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.wait(for: event)
                return true
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func stopWaiting(_ id: Int, for event: Event) {
        let continuation = waiting[event]?.removeValue(forKey: id)
        if waiting[event]?.isEmpty == true { waiting[event] = nil }
        touch()
        continuation?.resume(throwing: CancellationError())
    }

    /// How many segments are known. Asking for that is nothing that keeps the index.
    package var knownCount: Int { reading.segments.count }

    /// How many wait for something.
    package var waitingCount: Int { waiting.values.reduce(0) { $0 + $1.count } }

    private func hasCome(_ event: Event) -> Bool {
        if isClosed { return true }
        switch event {
        case .caughtUp: return hasCaughtUp
        case .firstPacket: return reading.segments.counts.known > 0
        case .placeToBegin(let number): return firstPlaceToBegin(from: number) != nil
        case .playableSegment: return reading.segments.counts.playable > 0
        case .ended(let number):
            if isOfCountThatIsOver(number) { return true }
            if let last = reading.segments.last, last.number > number { return true }
            return reading[number].map { $0.state != .open } ?? false
        case .parts(let number, let count):
            if isOfCountThatIsOver(number) { return true }
            if let last = reading.segments.last, last.number > number { return true }
            return reading[number].map { $0.state != .open || $0.parts.count >= count } ?? false
        }
    }

    /// Nobody asks for what lies further ahead, unless the numbers have begun anew (``maximumAdvance``).
    private func isOfCountThatIsOver(_ number: SequenceNumber) -> Bool {
        number.value >= next.value + Self.maximumAdvance
    }

    /// Something has come or gone.
    private func wakeWaiting() {
        version += 1
        forgetDropped()
        for event in Array(waiting.keys) where hasCome(event) {
            // Whoever has waited asks next what there is.
            touch()
            for continuation in (waiting.removeValue(forKey: event) ?? [:]).values { continuation.resume() }
        }
    }

    // MARK: - Reading

    /// Reads the channel until nobody has asked for a while, or until it is cancelled: then whoever waits, or asks later, is told that the
    /// relay is busy.
    package func run() async {
        let reader = Task { await read() }
        await waitUntilIdle()
        // Nothing comes any more: whoever still holds the index would wait for ever.
        let reason =
            Task.isCancelled
            ? "the gateway reads too many channels"
            : "nobody has asked for a while what is in '\(channel)', and it is read no more: ask again"
        fail(TrickleError(.relayBusy, reason))
        reader.cancel()
        await reader.value
        forgetAll()
    }

    /// Nothing is known any more, whoever still holds the index.
    private func forgetAll() {
        reading.restart()
        version += 1
        playlist.forgetAnswer()
        tellCharges()
    }

    private func read() async {
        guard let window = relay.window(of: channel), window.channel == id else { return close() }
        lateCount = window.lateCount
        generation = relay.generation(of: window)
        if window.lowest == nil {
            hasCaughtUp = true
            wakeWaiting()
        }
        do {
            let newest = SequenceNumber(max(0, window.next.value - IndexedSegments.maximumCount)) ?? .zero
            let first = max(window.lowest ?? window.next, newest)
            var expected = first
            for try await segment in relay.subscriber(to: channel, from: .exact(first)) {
                if segment.sequence != expected { mayHaveMissed = true }
                if segment.isRestart { beginAnew() }
                try await readMissed(below: segment.sequence)
                try await read(segment)
                guard let next = segment.sequence.next else { continue }
                expected = next
                try await readMissed(below: next)
            }
            close()
        } catch is CancellationError {
        } catch let error as TrickleError where error.code == .relayBusy {
            fail(error)
        } catch {
            close()
        }
    }

    /// The publisher counts anew: what is known is of another count.
    private func beginAnew() {
        reading.restart()
        restartCount += 1
        if let window = relay.window(of: channel), window.channel == id {
            generation = relay.generation(of: window)
        }
    }

    private func read(_ segment: LocalSegment) async throws {
        let wasThere = segment.size ?? 0
        let isLast = segment.latest.map { $0.value <= segment.sequence.value + 1 } ?? true
        forgetDropped()
        let kept = relay.segment(segment.sequence, of: channel)
        let isOpen = kept?.state == .open
        reading.begin(segment.sequence, id: kept?.id)
        version += 1
        var byteCount = 0
        do {
            for try await bytes in segment.body {
                byteCount += bytes.readableBytes
                let before = reading.progress
                bytes.withUnsafeReadableBytes { reading.receive($0.bytes, now: .now - started) }
                if let id = kept?.id, reading.isUndated,
                    let entry = timelines.entry(of: id, segment.sequence, in: channel)
                {
                    reading.date(entry)
                }
                tellCharges()
                if isLast, isOpen, byteCount >= wasThere { hasCaughtUp = true }
                if reading.progress != before || byteCount == wasThere { wakeWaiting() }
            }
            reading.end(.complete)
        } catch let error as TrickleError where error.code == .segmentAborted {
            reading.end(.aborted)
        } catch let error as TrickleError where error.code == .segmentCut {
            reading.end(.aborted)
            forgetDropped()
        }
        tellCharges()
        if isLast { hasCaughtUp = true }
        wakeWaiting()
    }

    /// The relay counts what is kept of its segments.
    private func tellCharges() { relay.charge(reading.takeCharges()) }

    /// Segments that were broken off are written anew sometimes, and some come late.
    private func readMissed(below limit: SequenceNumber) async throws {
        while let number = misreadNumber(below: limit) {
            var segments = relay.subscriber(to: channel, from: .exact(number)).makeAsyncIterator()
            guard let segment = try await segments.next(), segment.sequence == number else { return }
            try await read(segment)
        }
    }

    /// The lowest number below `limit` that has to be read, or to be read anew; the relay is asked for its segments only where there may be one.
    private func misreadNumber(below limit: SequenceNumber) -> SequenceNumber? {
        guard let window = relay.window(of: channel), window.channel == id else { return nil }
        guard mayHaveMissed || window.lateCount != lateCount else { return nil }
        lateCount = window.lateCount
        mayHaveMissed = false
        var first = window.lowest ?? limit
        if reading.segments.isFull, let oldest = reading.segments.first { first = max(first, oldest.number) }
        while first < limit {
            let some = relay.segments(of: channel, from: first, atMost: Self.segmentsAtATime)
            for kept in some where kept.number < limit && reading.isMisread(kept) {
                // There may be more behind it, and one that is being written can be read when it has ended.
                mayHaveMissed = true
                if kept.state != .open { return kept.number }
            }
            guard let last = some.last?.number, let next = last.next else { break }
            first = next
        }
        return nil
    }

    /// Segments that the relay is asked for at a time: its lock is held for so many.
    private static let segmentsAtATime = 256

    private func forgetDropped(_ window: ChannelWindow? = nil) {
        guard let window = window ?? relay.window(of: channel), window.channel == id else { return }
        next = window.next
        if reading.keep(window) {
            version += 1
            playlist.forgetAnswer()
        }
        tellCharges()
    }

    private func close() {
        if reading.close() { version += 1 }
        isClosed = true
        hasCaughtUp = true
        wakeWaiting()
    }

    private func fail(_ error: TrickleError) {
        if failure == nil { failure = error }
        let waiting = self.waiting
        self.waiting = [:]
        for continuations in waiting.values {
            for continuation in continuations.values { continuation.resume(throwing: error) }
        }
    }

    // MARK: - Ending

    /// Somebody asks.
    ///
    /// - Returns: false when the index has ended, and another one is needed.
    @discardableResult
    package nonisolated func touch() -> Bool {
        activity.withLockedValue { activity in
            guard !activity.hasEnded else { return false }
            activity.lastAskedAt = now()
            return true
        }
    }

    /// When somebody asked last.
    package nonisolated var lastAskedAt: ContinuousClock.Instant { activity.withLockedValue { $0.lastAskedAt } }

    /// Whether nobody has asked for so long that it reads no more.
    package nonisolated var hasEnded: Bool { activity.withLockedValue { $0.hasEnded } }

    /// What the relay has dropped is forgotten within that time, though nobody asks and nothing comes.
    private static let lookInterval = Duration.milliseconds(250)

    private func waitUntilIdle() async {
        while !hasEnded {
            try? await Task.sleep(for: min(idleTime / 4, Self.lookInterval))
            if relay.window(of: channel)?.channel == id { forgetDropped() } else if isClosed { forgetAll() }
            activity.withLockedValue { activity in
                let isIdle = waiting.isEmpty && now() - activity.lastAskedAt >= idleTime
                if isIdle || Task.isCancelled { activity.hasEnded = true }
            }
        }
    }
}
