import Logging
import NIOCore
import TrickleCore

/// What one event loop knows of the store: the segments that its readers read, and those who wait.
///
/// Everything here happens on the event loop, which is what makes it safe to hand the lane to other threads: they can only
/// have the loop call ``look(at:)``.
final class RelayLane: @unchecked Sendable {
    let id: Lane
    let eventLoop: any EventLoop
    let turns: TurnQueue
    let store: SharedStore
    let configuration: RelayConfiguration
    /// Tells the entity tags of this run of the relay from those of another.
    let incarnation: String
    let logger: Logger
    var connections: [ObjectIdentifier: any ClientConnection] = [:] {
        didSet { if connections.isEmpty { nobodyIsConnected?.succeed() } }
    }
    var counts = LaneCounts()
    var clients = ClientFigures()
    /// Channels for which there may be counts before those that are gone are dropped.
    private var countsLimit = minimumCountsLimit
    private static let minimumCountsLimit = 256
    /// Whether the relay goes down: no connection takes another request.
    var isDraining = false
    /// Whether only this machine reaches the relay.
    var isOnLoopback = false
    /// What requests mean.
    var routes: RouteTable
    /// What every answer has.
    let commonFields: CommonFields
    private var nobodyIsConnected: EventLoopPromise<Void>?
    private var lastDate = HTTPDate()
    private var ticks: RepeatedTask?
    /// The policy's when all that is under way was asked about last.
    private var accessGeneration: Int
    /// Whether rules have changed since the tick before.
    private(set) var hasNewRules = false
    private var nextTick = NIODeadline.now()
    /// Connections whose deadlines the round under way has not looked at.
    private var unchecked: [any ClientConnection] = []
    private var isSweeping = false
    private static let checksPerTurn = 512
    private static let sweepsPerTurn = 256
    var segments: [SegmentID: LaneSegment] = [:]
    var waiting: [ChannelID: [ReadTicket: ReaderList]] = [:]
    /// Those whose waiting is over, and of whom some have not been told.
    var rounds: [ReadTicket: [WaitingRound]] = [:]
    private(set) var publishers: [PublicationID: PublishExchange] = [:]
    /// What viewers of frames are sent, by channel.
    var feeds: [ChannelName: FrameFeed] = [:]
    private var load = LaneLoad()
    var isLooking = false
    /// What is to be looked at after what the lane is looking at.
    var due: [Wake.Subject] = []
    /// What is left for later turns of the event loop, the oldest first.
    var work = CircularBuffer<Work>()
    var isTurnScheduled = false
    let budget = TurnBudget()
    private let squeezes: RateLimitedLog?
    /// Those that hold bytes to send them with what comes next.
    private var collecting: [PublishExchange] = []

    init(
        index: Int, eventLoop: any EventLoop, store: SharedStore, configuration: RelayConfiguration,
        incarnation: String, logger: Logger
    ) {
        id = Lane(index)
        self.eventLoop = eventLoop
        turns = TurnQueue(eventLoop: eventLoop)
        commonFields = configuration.servesChannels ? .relay : .plain
        routes = RouteTable(basePath: configuration.basePath)
        self.store = store
        self.configuration = configuration
        accessGeneration = configuration.access?.generation ?? 0
        self.incarnation = incarnation
        self.logger = logger
        // One lane tells for all.
        squeezes = index == 0 ? RateLimitedLog(logger, level: .warning) : nil
    }

    /// What every answer has that those pages may read.
    func commonFields(for readers: PageReaders) -> CommonFields {
        guard configuration.servesChannels else { return commonFields }
        return switch readers {
        case .allOrigins: commonFields
        case .sameOrigin: .sameOrigin
        case .origin(let origin): .origin(origin)
        }
    }

    /// The time for a `Date` field.
    func date() -> HTTPDate {
        lastDate = lastDate.refreshed()
        return lastDate
    }

    /// Counts an answer that tells of an error.
    func count(_ head: ResponseHead) {
        guard let reason = head.refusal else { return }
        counts.refusals[Refusal(status: head.status, reason: reason), default: 0] += 1
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
                store.attach(view.id, on: id)
            case .wait(let ticket, _):
                try store.admitReader(of: ticket.channel)
                store.joinWaiting(ticket.channel, on: id)
            case .closed: break
            }
            return answer
        }
        switch answer {
        case .segment(let view):
            let segment = segment(of: view)
            segment.insert(reader)
            tellCopies(of: segment)
            return .segment(segment, view)
        case .wait(let ticket, let contentType):
            waiting[ticket.channel, default: [:]][ticket, default: ReaderList()].insert(reader)
            return .waiting(ticket, contentType: contentType)
        case .closed(let next):
            return .closed(next: next)
        }
    }

    func stopReading(_ reader: any LaneReader, of segment: LaneSegment) {
        segment.remove(reader)
        counts.add(.init(bytesOut: reader.sentByteCount), to: segment.channel)
        if let client = reader.client { clients.add(.init(bytesOut: reader.sentByteCount), of: client) }
        tellCopies(of: segment)
        let isUnread = segment.isUnread && segments[segment.id] === segment
        if isUnread { segments[segment.id] = nil }
        store.perform(on: self) { store, _ in
            store.dismissReader(of: segment.channel)
            if isUnread { store.detach(segment.id, on: id) }
        }
    }

    func stopWaiting(_ reader: any LaneReader, for ticket: ReadTicket) {
        waiting[ticket.channel]?[ticket]?.remove(reader)
        for round in rounds[ticket] ?? [] { round.remove(reader) }
        store.perform(on: self) { store, _ in store.dismissReader(of: ticket.channel) }
        if waiting[ticket.channel]?[ticket]?.isEmpty == true { waiting[ticket.channel]?[ticket] = nil }
        forgetIfNobodyWaits(for: ticket.channel)
    }

    func segment(of view: SegmentView) -> LaneSegment {
        if let segment = segments[view.id] { return segment }
        let segment = LaneSegment(view)
        segments[view.id] = segment
        update(segment)
        return segment
    }

    func update(_ segment: LaneSegment) {
        segment.update { first, pieces in
            store.perform(on: nil) { store, _ in store.pull(segment.id, from: first, on: id, into: &pieces) }
        }
        tellCopies(of: segment)
    }

    /// The store counts what the lane has copied of the segment.
    ///
    /// To be called whenever it may have changed, but not within an event of the store.
    func tellCopies(of segment: LaneSegment) {
        let change = segment.takeCopyChange()
        guard change != 0 else { return }
        store.perform(on: self) { store, now in store.copiesChanged(of: segment.id, by: change, now: now) }
    }

    func forgetIfUnread(_ segment: LaneSegment) {
        guard segment.isUnread, segments[segment.id] === segment else { return }
        segments[segment.id] = nil
        store.perform(on: self) { store, _ in store.detach(segment.id, on: id) }
    }

    // MARK: Waiting

    func forgetIfNobodyWaits(for channel: ChannelID) {
        guard waiting[channel]?.isEmpty == true else { return }
        waiting[channel] = nil
        store.perform(on: self) { store, _ in store.dismissWaiting(channel, on: id) }
    }

    // MARK: Publishing

    func publisherJoined(_ id: PublicationID, _ exchange: PublishExchange) { publishers[id] = exchange }
    func publisherLeft(_ id: PublicationID) { publishers[id] = nil }

    /// How long a publisher's bytes may wait for others just now.
    func coalesceInterval(now: NIODeadline) -> TimeAmount {
        if configuration.coalescing == .whenBusy {
            load.look(now: now)
            guard load.isBusy else { return .zero }
        }
        return TimeAmount(configuration.coalescing.interval)
    }

    /// Lets the bytes that an exchange has collected leave after the interval at most: with those that others have collected by then.
    func publishSoon(_ exchange: PublishExchange) {
        collecting.append(exchange)
        guard collecting.count == 1 else { return }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.coalescing.interval)) {
            let due = self.collecting
            self.collecting = []
            for exchange in due { exchange.publishCollected() }
        }
    }

    // MARK: Time

    /// Looks after the deadlines of connections and publishers from now on, once a second.
    func start() {
        nextTick = .now() + .seconds(1)
        ticks = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in self.tick() }
    }

    private func tick() {
        let now = NIODeadline.now()
        counts.delay = max(0, Double((now - nextTick).nanoseconds) / 1e9)
        counts.maximumDelay = max(counts.maximumDelay, counts.delay)
        nextTick = now + .seconds(1)
        forgetOldCounts()
        tellOfSqueeze()
        // The round before goes to its end first.
        guard unchecked.isEmpty else { return }
        let generation = configuration.access?.generation ?? 0
        hasNewRules = generation != accessGeneration
        accessGeneration = generation
        unchecked = Array(connections.values)
        for publisher in Array(publishers.values) { publisher.tick(now: now) }
        checkSome(now: now)
    }

    /// Looks after some connections' deadlines, and after the others in later turns.
    private func checkSome(now: NIODeadline) {
        for connection in unchecked.suffix(Self.checksPerTurn) { connection.checkDeadlines(now: now) }
        unchecked.removeLast(min(unchecked.count, Self.checksPerTurn))
        if !unchecked.isEmpty { turns.append { [self] in checkSome(now: now) } }
    }

    /// Moves the store's windows on, and closes what is idle: some channels in each turn.
    func sweep() {
        // The round before goes to its end first.
        guard !isSweeping else { return }
        isSweeping = true
        store.perform(on: self) { store, now in store.beginSweep(now: now) }
        sweepSome()
    }

    private func sweepSome() {
        let goesOn = store.perform(on: self) { store, now in store.sweepSome(atMost: Self.sweepsPerTurn, now: now) }
        isSweeping = goesOn
        if goesOn { turns.append { [self] in sweepSome() } }
    }

    private func tellOfSqueeze() {
        guard let squeezes, let channel = store.perform(on: nil, { store, _ in store.takeSqueezed() }) else { return }
        squeezes.happened {
            "memory is short: segments go before their time, those of '\(channel)' among them;"
                + " raise --memory, or lower --window-bytes"
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

    /// What clients have moved here, with what is under way.
    func clientReport() -> ClientFigures {
        var report = clients
        for segment in segments.values {
            segment.forEachReader { reader in
                if let client = reader.client { report.add(.init(bytesOut: reader.sentByteCount), of: client) }
            }
        }
        for publisher in publishers.values { report.add(publisher.figures, of: publisher.client) }
        return report
    }

    // MARK: Going down

    func goDown() {
        isDraining = true
        turns.dismissArrivals()
        // The ramps hold the relay.
        routes = RouteTable(basePath: configuration.basePath, hasProtocol: configuration.servesChannels)
    }

    func drainConnections() {
        for connection in Array(connections.values) { connection.relayDrains() }
    }

    func closeConnections() {
        for connection in Array(connections.values) { connection.closeAtOnce() }
    }

    /// Leaves an event loop that goes on.
    func leaveEventLoop() {
        ticks?.cancel()
        turns.doorbell?.takeDown()
    }

    func whenNobodyIsConnected(_ promise: EventLoopPromise<Void>) {
        if connections.isEmpty { promise.succeed() } else { nobodyIsConnected = promise }
    }
}
