/// The relay without its sockets: which channels there are, what they keep, and what each request comes to.
///
/// Events go in with the time at which they happened; answers come out. Lanes that have to look at something again are
/// collected as ``Wake``s, which the caller takes with ``takeWakes()`` after each event. The store is a value: whoever
/// shares it between threads puts a lock around it.
public struct RelayStore<Piece: RelayPiece>: Sendable {
    public private(set) var limits: RelayLimits
    var channelIDs: [ChannelName: ChannelID] = [:]
    /// The names among them that clients have given.
    private var directory = ChannelDirectory()
    /// Closed channels whose segments are still readable, by name.
    var drainingIDs: [ChannelName: ChannelID] = [:]
    var channels: [ChannelID: RelayChannel] = [:]
    var segments: [SegmentID: RelaySegment<Piece>] = [:]
    var publications: [PublicationID: Publication<Piece>] = [:]
    /// Whether the relay is going down: nobody waits, nothing new begins.
    public private(set) var isDraining = false
    /// What all segments take of the relay's memory, in bytes.
    public internal(set) var cost = 0
    /// What of that is no segment's.
    var waitingByteCount = 0
    /// Readers of all channels.
    public internal(set) var readerCount = 0
    /// Who takes it, and what each could give up.
    var accounts: [Int: MemoryAccount] = [:]
    /// The channel of which a segment went early for want of memory since that was asked last.
    private var squeezed: ChannelName?
    /// Open segments that were given up: they go when their readers have been told.
    var doomed: [SegmentID] = []
    /// What has happened in all of the clients' channels since the beginning.
    var counts = ChannelCounts()
    var beginningLog = BeginningLog()
    /// Channels that the round under way has not come to.
    private var unswept: [ChannelID] = []
    /// Lanes that wait for channels which are not there.
    private var awaited: [ChannelName: LaneSet] = [:]
    private var wakes: [Wake] = []
    private var lastID = 0

    public init(limits: RelayLimits = RelayLimits(), now: Duration) {
        self.limits = limits
        if limits.hasChangefeed {
            let id = makeID(ChannelID.init)
            channels[id] = RelayChannel(id: id, name: .changefeed, contentType: "application/json", now: now)
            channelIDs[.changefeed] = id
            announce(.added(.changefeed), now: now)
        }
    }

    /// Other limits count from now on. What is there stays, but for memory that there may be no more.
    public mutating func change(to limits: RelayLimits, now: Duration) {
        self.limits = limits
        makeRoom(now: now)
    }

    func isChangefeed(_ channel: ChannelID) -> Bool { channels[channel]?.name == .changefeed }

    mutating func makeID<ID>(_ make: (Int) -> ID) -> ID {
        lastID += 1
        return make(lastID)
    }

    // MARK: Wakes

    /// The lanes that have to look again since the last call.
    public mutating func takeWakes() -> [Wake] {
        guard !wakes.isEmpty else { return [] }
        defer { wakes = [] }
        return wakes
    }

    mutating func wake(_ subject: Wake.Subject, _ lanes: LaneSet) {
        if !lanes.isEmpty { wakes.append(Wake(subject: subject, lanes: lanes)) }
    }

    /// Wakes the readers of the segment, each lane once until it has looked.
    mutating func wakeReaders(of segment: SegmentID) {
        guard let lanes = segments.change(segment, { $0.wakeLanes() }) else { return }
        wake(.segment(segment), lanes)
    }

    mutating func wakeWaitingReaders(of channel: ChannelID) {
        guard let lanes = channels[channel]?.waitingLanes else { return }
        wake(.waitingReaders(channel), lanes)
    }

    // MARK: Channels

    /// How long a channel keeps its segments in which none has begun yet.
    public mutating func keepNewChannel(_ name: ChannelName, for duration: Duration) {
        guard let id = channelIDs[name] else { return }
        channels.change(id) { if $0.isUnwritten { $0.windowDuration = duration } }
    }

    /// The lane is woken, once, when a channel of that name is made.
    public mutating func awaitChannel(_ name: ChannelName, on lane: Lane) {
        awaited[name, default: LaneSet()].insert(lane)
    }

    public mutating func dismissAwaiting(_ name: ChannelName, on lane: Lane) {
        awaited[name]?.remove(lane)
        if awaited[name]?.isEmpty == true { awaited[name] = nil }
    }

    /// Makes the channel, or does nothing when there is one of that name.
    ///
    /// - Parameters:
    ///   - contentType: what the channel carries; nil leaves it to the first publisher.
    ///   - publisher: who is going to publish, if it said so and pushes nobody aside.
    /// - Throws: ``RelayRefusal`` for the relay's own names, when there are too many channels, or another publishes this one.
    public mutating func createChannel(
        _ name: ChannelName, contentType: String?, publisher: String? = nil, now: Duration
    ) throws(RelayRefusal) {
        guard !name.isInternal else { throw .internalChannel }
        if let publisher { try checkPublishers(of: name, allow: publisher, now: now) }
        guard limits.createsChannels || channelIDs[name] != nil else { throw .channelNotFound }
        let id = try findOrCreateChannel(name, contentType: contentType, now: now)
        channels[id]?.isProvisional = false
    }

    mutating func findOrCreateChannel(
        _ name: ChannelName, contentType: String?, now: Duration
    ) throws(RelayRefusal) -> ChannelID {
        if let id = channelIDs[name] {
            if channels[id]?.contentType == nil { channels[id]?.contentType = contentType.map(ServedType.instead) }
            return id
        }
        makeRoom(now: now)
        guard cost <= limits.memoryByteCount else { throw .outOfMemory(limit: limits.memoryByteCount) }
        guard channelIDs.count < limits.channelCount else { throw .tooManyChannels(limit: limits.channelCount) }
        let id = makeID(ChannelID.init)
        let type = contentType.map(ServedType.instead)
        let channel = RelayChannel(id: id, name: name, contentType: type, now: now)
        channels[id] = channel
        charge(channel.cost, to: 0)
        channelIDs[name] = id
        directory.insert(name)
        announce(.added(name), now: now)
        if let lanes = awaited.removeValue(forKey: name) { wake(.channel(name), lanes) }
        return id
    }

    /// Closes the channel: publishers and lists see the end at once, readers finish what is kept while it drains.
    ///
    /// - Parameter publisher: who asks, if it said so: then the channel may be no other's.
    /// - Throws: ``RelayRefusal`` for the relay's own names, when there is no such channel, and when another publishes it.
    public mutating func closeChannel(
        _ name: ChannelName, publisher: String? = nil, now: Duration
    ) throws(RelayRefusal) {
        guard name.isPublishable else { throw .internalChannel }
        guard let id = channelIDs[name] else { throw .channelNotFound }
        if let publisher { try checkPublishers(of: name, allow: publisher, now: now) }
        close(id, now: now)
    }

    mutating func close(_ id: ChannelID, now: Duration) {
        guard let channel = channels[id] else { return }
        channels[id]?.owner = nil
        abortLingering(below: nil, in: id, now: now)
        for publication in channel.writing.union(channel.preconnected) {
            endPublication(publication, .channelClosed, now: now)
        }
        for segment in channels[id]!.openSegments { endSegment(segment, .complete(at: now)) }
        channelIDs[channel.name] = nil
        directory.remove(channel.name)
        channels[id]?.closedAt = now
        // Of two that drain under one name, readers can only be near the end of the younger one.
        if let older = drainingIDs.updateValue(id, forKey: channel.name) { forget(older, now: now) }
        wakeWaitingReaders(of: id)
        announce(.removed(channel.name), now: now)
    }

    /// The POST that made the channel broke before its first byte: then it has changed nothing, and there is no channel unless somebody
    /// else has come to it.
    mutating func forgetIfProvisional(_ id: ChannelID, now: Duration) {
        guard let channel = channels[id], channel.isProvisional, channel.isUnwritten, channel.readerCount == 0,
            channel.preconnected.isEmpty, channelIDs[channel.name] == id
        else { return }
        channelIDs[channel.name] = nil
        directory.remove(channel.name)
        channels[id] = nil
        charge(-channel.cost, to: 0)
        announce(.removed(channel.name), now: now)
    }

    private mutating func forget(_ id: ChannelID, now: Duration) {
        for late in channels[id]?.preconnected ?? [] { endPublication(late, .channelClosed, now: now) }
        guard let channel = channels.removeValue(forKey: id) else { return }
        charge(-channel.cost, to: 0)
        if drainingIDs[channel.name] == id { drainingIDs[channel.name] = nil }
        for position in 0..<channel.index.count {
            takeOffList(channel.index[position].segment, as: .replaced, now: now)
        }
    }

    /// How the channels of those names do: one for each that there is.
    public func channelReports(of names: some Sequence<ChannelName>, now: Duration) -> [ChannelReport] {
        names.compactMap { channelIDs[$0].flatMap { channels[$0] } }.map { channel in
            ChannelReport(
                name: channel.name, id: channel.id, next: channel.next, keptSegmentCount: channel.index.count,
                keptByteCount: channel.byteCount, readerCount: channel.readerCount, counts: channel.counts,
                contentType: channel.contentType, age: now - channel.createdAt, idleTime: now - channel.lastByteAt)
        }
    }

    /// How the store does.
    public var report: StoreReport { StoreReport(counts: counts, cost: cost, readerCount: readerCount) }

    /// The channels that can be read, closed ones that drain among them.
    public var livingChannels: Set<ChannelID> { Set(channels.keys) }

    /// Counts something of a channel, and in all.
    mutating func count(in channel: ChannelID, _ change: (inout ChannelCounts) -> Void) {
        change(&counts)
        if channels[channel] != nil { change(&channels[channel]!.counts) }
    }

    /// The clients' channels, as they are now.
    public var channelList: ChannelList {
        ChannelList(
            names: directory.names, next: channelIDs[.changefeed].flatMap { channels[$0]?.next },
            version: directory.version)
    }

    // MARK: Time

    /// Begins a round in which idle channels are closed, drained ones forgotten, and windows moved on. To be called about once a second;
    /// ``sweepSome(atMost:now:)`` does the work.
    public mutating func beginSweep(now: Duration) {
        tidyAccounts()
        makeRoom(now: now)
        unswept = Array(channels.keys)
    }

    /// Goes on with the round.
    ///
    /// - Returns: whether channels are left.
    public mutating func sweepSome(atMost count: Int, now: Duration) -> Bool {
        for _ in 0..<count {
            guard let id = unswept.popLast() else { return false }
            // One that drains is forgotten when the next one of its name is closed.
            sweep(id, now: now)
        }
        return !unswept.isEmpty
    }

    private mutating func sweep(_ id: ChannelID, now: Duration) {
        let idleTimeout = isChangefeed(id) ? nil : limits.idleTimeout
        switch channels.change(id, { $0.due(now: now, limits.drainDuration, idleTimeout: idleTimeout) }) {
        case .nothing, nil: break
        case .forgetting: forget(id, now: now)
        case .looking(let isOver):
            endAwaiting(id, now: now)
            trimWindow(of: id, now: now)
            if isOver { close(id, now: now) }
        }
    }

    /// The relay goes down: open segments end as aborted by the relay, and nobody waits any longer. The end of a relay is
    /// not the end of a channel: nothing is closed.
    public mutating func drain(now: Duration) {
        isDraining = true
        for id in Array(publications.keys) { endPublication(id, .relayDraining, now: now) }
        for id in Array(segments.keys) { endSegment(id, .aborted(.relay, at: now)) }
        for id in Array(channels.keys) { wakeWaitingReaders(of: id) }
    }

    /// A segment goes early for want of memory.
    mutating func noteSqueezed(_ id: ChannelID) { squeezed = channels[id]?.name ?? squeezed }

    /// The channel of the last segment that went early for want of memory since the last call; nil for none.
    public mutating func takeSqueezed() -> ChannelName? {
        defer { squeezed = nil }
        return squeezed
    }

    /// Drops what the window has moved past: neither among the newest, nor young, or more than the bytes or the number allow, but not the
    /// newest complete segment for its bytes.
    ///
    /// Nothing here may hold a copy of the channel: its index would be copied with each drop.
    mutating func trimWindow(of id: ChannelID, now: Duration) {
        let windowCount = isChangefeed(id) ? limits.changefeedWindowCount : limits.windowCount
        let windowDuration = channels[id]!.windowDuration ?? (isChangefeed(id) ? .zero : limits.windowDuration)
        let windowByteCount = limits.windowByteCount(largestSegment: channels[id]!.largestSegment)
        var newestComplete: SegmentID??
        var position = 0
        while position < channels[id]!.index.count - 1 {
            let segment = channels[id]!.index[position].segment
            guard let endedAt = segments[segment]!.endedAt else {
                position += 1
                continue
            }
            let count = channels[id]!.index.count - position
            let isNew =
                count <= windowCount || (now - endedAt < windowDuration && count <= limits.windowSegmentCount)
            if isNew, channels[id]!.byteCount <= windowByteCount { break }
            if isNew, newestComplete == nil { newestComplete = self.newestComplete(of: id) }
            if isNew, segment == newestComplete { position += 1 } else { drop(position, of: id, now: now) }
        }
    }

    /// The newest complete segment that is kept.
    func newestComplete(of id: ChannelID) -> SegmentID? {
        guard let count = channels[id]?.index.count else { return nil }
        for position in (0..<count).reversed() {
            let segment = channels[id]!.index[position].segment
            if segments[segment]!.isComplete { return segment }
        }
        return nil
    }

    mutating func drop(_ position: Int, of id: ChannelID, now: Duration) {
        let segment = channels[id]!.index[position].segment
        channels[id]!.byteCount -= segments[segment]!.byteCount
        channels[id]!.drop(position: position)
        takeOffList(segment, as: .leftBehind, now: now)
    }

    // MARK: Segments

    /// Takes the segment off its channel's list; readers finish it or are cut off.
    mutating func takeOffList(_ id: SegmentID, as standing: RelaySegment<Piece>.Standing, now: Duration) {
        if standing == .leftBehind {
            if let segment = segments[id] {
                charge(-segment.cost, to: segment.client)
                for writer in segment.writers { endComparing(writer, now: now) }
            }
            segments[id]?.freeBytes()
            wakeReaders(of: id)
        } else {
            segments[id]?.standing = standing
        }
        forgetIfUnused(id)
    }

    /// Ends the segment and whoever still writes it.
    mutating func endSegment(
        _ id: SegmentID, _ state: RelaySegment<Piece>.State, writersSee: PublicationEnd? = nil
    ) {
        guard let segment = segments[id], segment.isOpen, let now = state.endedAt else { return }
        takeHeld(of: id, now: now)
        segments[id]?.end(state)
        channels[segment.channel]?.openSegments.remove(id)
        accounts[segment.client, default: MemoryAccount()].ended(id)
        joinSmallPieces(of: id, isEager: true)
        if case .aborted = state { count(in: segment.channel) { $0.abortedSegments += 1 } }
        for writer in segment.writers {
            endPublication(writer, writersSee ?? .segmentEnded(segment.number), now: now)
        }
        wakeReaders(of: id)
    }
}
