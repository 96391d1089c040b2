import Logging
import NIOCore
import TrickleCore

/// What one event loop knows of the store: the segments that its readers read, and those who wait.
///
/// Everything here happens on the event loop, which is what makes it safe to hand the lane to other threads: they can only
/// have the loop call ``look(at:)``.
final class RelayLane: @unchecked Sendable {
    let lane: Lane
    let eventLoop: any EventLoop
    let store: SharedStore
    let configuration: RelayConfiguration
    /// Tells the entity tags of this run of the relay from those of another.
    let incarnation: String
    let logger: Logger
    var connections: [ObjectIdentifier: RelayConnection] = [:] {
        didSet { if connections.isEmpty { nobodyIsConnected?.succeed() } }
    }
    var counts = LaneCounts()
    /// Channels for which there may be counts before those that are gone are dropped.
    private var countsLimit = minimumCountsLimit
    private static let minimumCountsLimit = 256
    /// Whether the relay goes down: no connection takes another request.
    var isDraining = false
    /// What answers where the protocol has no meaning; nil without any.
    var ramps: (any RelayRamps)?
    private var nobodyIsConnected: EventLoopPromise<Void>?
    private var lastDate = HTTPDate()
    private var nextTick = NIODeadline.now()
    private var segments: [SegmentID: LaneSegment] = [:]
    private var waiting: [ChannelID: [ReadTicket: ReaderList]] = [:]
    private var publishers: [PublicationID: PublishExchange] = [:]
    private var isLooking = false
    /// What is to be looked at after what the lane is looking at.
    private var due: [Wake.Subject] = []
    /// Those that hold bytes to send them with what comes next.
    private var collecting: [PublishExchange] = []

    init(
        index: Int, eventLoop: any EventLoop, store: SharedStore, configuration: RelayConfiguration,
        incarnation: String, logger: Logger
    ) {
        lane = Lane(index)
        self.eventLoop = eventLoop
        self.store = store
        self.configuration = configuration
        self.incarnation = incarnation
        self.logger = logger
    }

    /// The time for a `Date` field.
    func date() -> HTTPDate {
        lastDate = lastDate.refreshed()
        return lastDate
    }

    /// Something on this lane may have moved.
    ///
    /// Whoever is told of it may change the store in turn, and wake others: they come after, not within, or a chain of them would end the stack.
    func look(at subjects: [Wake.Subject]) {
        eventLoop.assertInEventLoop()
        guard !isLooking else { return due += subjects }
        isLooking = true
        defer { isLooking = false }
        var subjects = subjects
        while !subjects.isEmpty {
            for subject in subjects { woken(subject) }
            subjects = due
            due = []
        }
    }

    private func woken(_ subject: Wake.Subject) {
        switch subject {
        case .segment(let id):
            guard let segment = segments[id] else { return }
            update(segment)
            segment.pumpReaders()
        case .waitingReaders(let channel): retryWaiting(for: channel)
        case .publication(let id): publishers[id]?.endedByOthers()
        }
    }

    // MARK: Reading

    /// What a GET comes to; where it is a segment, the reader has joined it, where it has to wait, it waits.
    enum Joined {
        case segment(LaneSegment, SegmentView)
        case waiting(ReadTicket, contentType: String?)
        case closed(next: SequenceNumber)
    }

    func join(
        _ reader: any LaneReader, _ name: ChannelName, at position: SegmentPosition
    ) throws(RelayRefusal) -> Joined {
        let answer = try store.perform(on: self) { (store, _) throws(RelayRefusal) in
            let answer = try store.read(name, at: position)
            switch answer {
            case .segment(let view):
                try store.admitReader(of: view.channel)
                store.attach(view.id, on: lane)
            case .wait(let ticket, _):
                try store.admitReader(of: ticket.channel)
                store.joinWaiting(ticket.channel, on: lane)
            case .closed: break
            }
            return answer
        }
        switch answer {
        case .segment(let view):
            let segment = segment(of: view)
            segment.insert(reader)
            return .segment(segment, view)
        case .wait(let ticket, let contentType):
            waiting[ticket.channel, default: [:]][ticket, default: ReaderList()].insert(reader)
            return .waiting(ticket, contentType: contentType)
        case .closed(let next):
            return .closed(next: next)
        }
    }

    func leave(_ segment: LaneSegment, _ reader: any LaneReader) {
        segment.remove(reader)
        counts.add(.init(bytesOut: reader.sentByteCount), to: segment.channel)
        let isUnread = segment.isUnread && segments[segment.id] === segment
        if isUnread { segments[segment.id] = nil }
        store.perform(on: self) { store, _ in
            store.dismissReader(of: segment.channel)
            if isUnread { store.detach(segment.id, on: lane) }
        }
    }

    func leave(_ ticket: ReadTicket, _ reader: any LaneReader) {
        waiting[ticket.channel]?[ticket]?.remove(reader)
        store.perform(on: self) { store, _ in store.dismissReader(of: ticket.channel) }
        if waiting[ticket.channel]?[ticket]?.isEmpty == true { waiting[ticket.channel]?[ticket] = nil }
        forgetIfNobodyWaits(for: ticket.channel)
    }

    private func segment(of view: SegmentView) -> LaneSegment {
        if let segment = segments[view.id] { return segment }
        let segment = LaneSegment(view)
        segments[view.id] = segment
        update(segment)
        return segment
    }

    private func update(_ segment: LaneSegment) {
        segment.update { first, pieces in
            store.perform(on: nil) { store, _ in store.pull(segment.id, from: first, on: lane, into: &pieces) }
        }
    }

    private func forgetIfUnread(_ segment: LaneSegment) {
        guard segment.isUnread, segments[segment.id] === segment else { return }
        segments[segment.id] = nil
        store.perform(on: self) { store, _ in store.detach(segment.id, on: lane) }
    }

    // MARK: Waiting

    private func retryWaiting(for channel: ChannelID) {
        guard let tickets = waiting[channel]?.keys else { return }
        // Whoever is told may make the lane look again, from within: what that has settled is over.
        for ticket in Array(tickets) where waiting[channel]?[ticket] != nil {
            let outcome: WaitingOutcome?
            do throws(RelayRefusal) {
                let answer = try store.perform(on: self) { (store, _) throws(RelayRefusal) in
                    let answer = try store.retry(ticket)
                    if case .segment(let view) = answer { store.attach(view.id, on: lane) }
                    return answer
                }
                switch answer {
                case .segment(let view): outcome = .segment(segment(of: view))
                case .closed(let next): outcome = .closed(next: next)
                case .wait: outcome = nil
                }
            } catch {
                outcome = .refused(error)
            }
            if let outcome { endWaiting(ticket, outcome) }
        }
        forgetIfNobodyWaits(for: channel)
    }

    private func endWaiting(_ ticket: ReadTicket, _ outcome: WaitingOutcome) {
        guard let readers = waiting[ticket.channel]?.removeValue(forKey: ticket) else { return }
        // All come in before the first is told: one that has enough at once would take the segment away with it.
        if case .segment(let segment) = outcome { readers.forEach(segment.insert) }
        readers.forEach { $0.waitingEnded(outcome) }
        if case .segment(let segment) = outcome {
            forgetIfUnread(segment)
        } else {
            store.perform(on: self) { store, _ in
                for _ in 0..<readers.count { store.dismissReader(of: ticket.channel) }
            }
        }
    }

    private func forgetIfNobodyWaits(for channel: ChannelID) {
        guard waiting[channel]?.isEmpty == true else { return }
        waiting[channel] = nil
        store.perform(on: self) { store, _ in store.leaveWaiting(channel, on: lane) }
    }

    // MARK: Publishing

    func publisherJoined(_ id: PublicationID, _ exchange: PublishExchange) { publishers[id] = exchange }
    func publisherLeft(_ id: PublicationID) { publishers[id] = nil }

    /// Lets the bytes that an exchange has collected leave after ``RelayConfiguration/coalesceInterval`` at most: with those
    /// that others have collected by then.
    func publishSoon(_ exchange: PublishExchange) {
        collecting.append(exchange)
        guard collecting.count == 1 else { return }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.coalesceInterval)) {
            let due = self.collecting
            self.collecting = []
            for exchange in due { exchange.publishCollected() }
        }
    }

    // MARK: Time

    /// Looks after the deadlines of connections and publishers from now on, once a second.
    func start() {
        nextTick = .now() + .seconds(1)
        eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            let now = NIODeadline.now()
            self.counts.delay = max(0, Double((now - self.nextTick).nanoseconds) / 1e9)
            self.counts.maximumDelay = max(self.counts.maximumDelay, self.counts.delay)
            self.nextTick = now + .seconds(1)
            for connection in Array(self.connections.values) { connection.checkDeadlines(now: now) }
            for publisher in Array(self.publishers.values) { publisher.tick(now: now) }
            self.forgetOldCounts()
        }
    }

    private func forgetOldCounts() {
        guard counts.channels.count >= countsLimit else { return }
        let living = store.perform(on: nil) { store, _ in store.livingChannels }
        counts.forgetChannels(except: living)
        countsLimit = max(Self.minimumCountsLimit, 2 * counts.channels.count)
    }

    /// What has happened here, and how the readers do.
    ///
    /// - Parameter isScrape: whether the worst delay is counted anew from now on.
    func report(isScrape: Bool) -> LaneCounts {
        defer { if isScrape { counts.maximumDelay = 0 } }
        var report = counts
        report.connections = connections.count
        for segment in segments.values {
            report.add(segment.delivery, to: segment.channel)
        }
        return report
    }

    // MARK: Going down

    func goDown() {
        isDraining = true
        // They hold the relay.
        ramps = nil
    }

    func drainConnections() {
        for connection in Array(connections.values) { connection.relayDrains() }
    }

    func closeConnections() {
        for connection in Array(connections.values) { connection.close() }
    }

    func whenNobodyIsConnected(_ promise: EventLoopPromise<Void>) {
        if connections.isEmpty { promise.succeed() } else { nobodyIsConnected = promise }
    }
}
