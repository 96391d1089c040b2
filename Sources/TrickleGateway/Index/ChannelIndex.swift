import MPEGTS
import NIOConcurrencyHelpers
import NIOCore
import TrickleCore
import TrickleRelay

/// What is in the segments that a channel keeps: where viewers can begin, how long segments last, which parts they have.
///
/// Reads the channel as any subscriber does, from the oldest kept segment on, and keeps no byte of it. It begins with the first who asks and
/// ends when nobody has asked for a while: then there is no task and no work. ``Indexes`` has the one of a channel.
actor ChannelIndex {
    /// Something to wait for.
    enum Event: Sendable, Hashable {
        /// What was kept when the index began has been read.
        case caughtUp
        /// It shows whether the bytes of some segment are packets.
        case firstPacket
        /// A segment that a viewer can begin with: see ``ChannelIndex/firstPlaceToBegin(from:)``.
        case placeToBegin(from: SequenceNumber)
        /// A segment has ended that can be played.
        case playableSegment
        /// The segment has ended, or a later one has begun, or the numbers have begun anew.
        case ended(SequenceNumber)
        /// So many parts of the segment are there, or it has ended, or a later one has begun, or the numbers have begun anew.
        case parts(SequenceNumber, count: Int)
    }

    /// What is known at one moment.
    struct Snapshot: Sendable {
        /// By number.
        let segments: [IndexedSegment]
        /// Whether the channel was closed.
        let isClosed: Bool
        /// What all parts last at most, in ticks of 90 kHz; nil as long as it is not known how long pictures are.
        let partTarget: Int64?
        /// Of two snapshots with the same, no segment or part has come or gone.
        let version: Int
        /// How often the numbers have begun anew since the index began.
        let restartCount: Int
    }

    private enum Activity {
        case inUse(lastAskedAt: ContinuousClock.Instant)
        case ended
    }

    nonisolated let channel: ChannelName
    /// The incarnation of the channel.
    nonisolated let id: ChannelID
    private let relay: RelayServer
    private let idleTime: Duration
    private let activity = NIOLockedValueBox(Activity.inUse(lastAskedAt: .now))
    private var reading: SegmentReading
    private var isClosed = false
    /// Why nothing more is read though the channel is not over: the relay goes down.
    private var failure: TrickleError?
    private var version = 0
    private var restartCount = 0
    /// The number that the channel's publisher writes next, as of the last look at what the relay keeps.
    private var next = SequenceNumber.zero
    private var hasCaughtUp = false
    private var waiting: [Int: (event: Event, continuation: CheckedContinuation<Void, any Error>)] = [:]
    private var lastWaitingID = 0
    private let started = ContinuousClock.now

    init(_ relay: RelayServer, channel: ChannelName, id: ChannelID, configuration: GatewayConfiguration) {
        self.relay = relay
        self.channel = channel
        self.id = id
        idleTime = configuration.indexIdleTime
        reading = SegmentReading(wantedPartDuration: Int64(configuration.partDuration / .microseconds(1)) * 9 / 100)
    }

    // MARK: - What can be asked

    /// What is known, once what was kept when the index began has been read.
    ///
    /// - Throws: as ``wait(for:)``.
    func snapshot() async throws -> Snapshot {
        try await wait(for: .caughtUp)
        return currentSnapshot
    }

    /// What is known at the moment, be it little.
    var currentSnapshot: Snapshot {
        touch()
        forgetDropped()
        return Snapshot(
            segments: reading.segments, isClosed: isClosed, partTarget: reading.partTarget, version: version,
            restartCount: restartCount)
    }

    /// Where a viewer begins: at the channel's last random access point, or, where none is to be seen in whole segments, at the newest of
    /// those.
    ///
    /// - Throws: as ``wait(for:)``.
    func lastPlaceToBegin() async throws -> AccessPlace? {
        try await snapshot().segments.last(where: \.isPlaceToBegin).map { segment in
            segment.contents.randomAccessPoints.last.map { AccessPlace(segment, $0) } ?? AccessPlace(segment)
        }
    }

    /// The first segment from a number on that a viewer can begin with: of all, where the number is of a count that is over.
    func firstPlaceToBegin(from number: SequenceNumber) -> IndexedSegment? {
        reading.segments.first { $0.isPlaceToBegin && ($0.number >= number || number > next) }
    }

    /// Waits until the event is there, or the channel is closed and it cannot come any more.
    ///
    /// - Throws: `CancellationError`; ``TrickleError`` when the relay goes down.
    func wait(for event: Event) async throws {
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
                    waiting[id] = (event, continuation)
                }
            }
        } onCancel: {
            Task { await self.stopWaiting(id) }
        }
    }

    /// As ``wait(for:)``, for a while.
    ///
    /// - Returns: whether the event came in that time.
    nonisolated func wait(for event: Event, atMost limit: Duration) async throws -> Bool {
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

    private func stopWaiting(_ id: Int) {
        waiting.removeValue(forKey: id)?.continuation.resume(throwing: CancellationError())
    }

    private func hasCome(_ event: Event) -> Bool {
        if isClosed { return true }
        switch event {
        case .caughtUp: return hasCaughtUp
        case .firstPacket: return reading.segments.contains { $0.contents.alignment != .unknown }
        case .placeToBegin(let number): return firstPlaceToBegin(from: number) != nil
        case .playableSegment: return reading.segments.contains { $0.state != .open && $0.isPlayable }
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

    /// Nobody asks for what lies further ahead, unless the numbers have begun anew (``HLSRamp/maximumAdvance``).
    private func isOfCountThatIsOver(_ number: SequenceNumber) -> Bool {
        number.value >= next.value + HLSRamp.maximumAdvance
    }

    /// Something has come or gone.
    private func wakeWaiting() {
        version += 1
        forgetDropped()
        for (id, item) in waiting where hasCome(item.event) {
            waiting[id] = nil
            item.continuation.resume()
        }
    }

    // MARK: - Reading

    /// Reads the channel until nobody has asked for a while.
    func run() async {
        let reader = Task { await read() }
        await waitUntilIdle()
        reader.cancel()
    }

    private func read() async {
        guard let window = relay.window(of: channel), window.channel == id else { return close() }
        if window.segments.isEmpty {
            hasCaughtUp = true
            wakeWaiting()
        }
        do {
            let first = window.segments.first?.number ?? window.next
            for try await segment in relay.subscriber(to: channel, from: .exact(first)) {
                try await readMissed(below: segment.sequence)
                try await read(segment)
                guard let next = segment.sequence.next else { continue }
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

    private func read(_ segment: LocalSegment, isLate: Bool = false) async throws {
        if segment.isRestart, !isLate {
            reading.restart()
            restartCount += 1
        }
        let wasThere = segment.size ?? 0
        let isLast = segment.latest.map { $0.value <= segment.sequence.value + 1 } ?? true
        forgetDropped()
        let kept = relay.window(of: channel)?.segment(segment.sequence)
        let isOpen = kept?.state == .open
        // What was there when the index began cannot be said to have come now.
        let arrival = hasCaughtUp && !isLate ? WallTime.now : nil
        reading.begin(segment.sequence, id: kept?.id, arrival: arrival)
        version += 1
        var byteCount = 0
        do {
            for try await bytes in segment.body {
                byteCount += bytes.readableBytes
                let before = reading.progress
                bytes.withUnsafeReadableBytes { reading.receive($0.bytes, now: .now - started) }
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
        if isLast { hasCaughtUp = true }
        wakeWaiting()
    }

    /// Segments that were broken off are written anew sometimes, and some come late.
    private func readMissed(below limit: SequenceNumber) async throws {
        while let window = relay.window(of: channel), window.channel == id,
            let number = reading.misreadNumber(in: window, below: limit)
        {
            var segments = relay.subscriber(to: channel, from: .exact(number)).makeAsyncIterator()
            guard let segment = try await segments.next(), segment.sequence == number else { return }
            try await read(segment, isLate: true)
        }
    }

    private func forgetDropped() {
        guard let window = relay.window(of: channel), window.channel == id else { return }
        next = window.next
        if reading.keep(window) { version += 1 }
    }

    private func close() {
        isClosed = true
        hasCaughtUp = true
        wakeWaiting()
    }

    private func fail(_ error: TrickleError) {
        failure = error
        let waiting = self.waiting
        self.waiting = [:]
        for item in waiting.values { item.continuation.resume(throwing: error) }
    }

    // MARK: - Ending

    /// Somebody asks.
    ///
    /// - Returns: false when the index has ended, and another one is needed.
    @discardableResult
    nonisolated func touch() -> Bool {
        activity.withLockedValue { activity in
            guard case .inUse = activity else { return false }
            activity = .inUse(lastAskedAt: .now)
            return true
        }
    }

    /// Whether nobody has asked for so long that it reads no more.
    nonisolated var hasEnded: Bool {
        activity.withLockedValue { if case .ended = $0 { true } else { false } }
    }

    private func waitUntilIdle() async {
        while true {
            try? await Task.sleep(for: idleTime / 4)
            let hasEnded = activity.withLockedValue { activity in
                guard case .inUse(let time) = activity, waiting.isEmpty, .now - time >= idleTime else { return false }
                activity = .ended
                return true
            }
            if hasEnded { return }
        }
    }
}
