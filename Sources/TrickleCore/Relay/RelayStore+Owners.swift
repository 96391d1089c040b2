/// Who publishes a channel: one at a time, whatever door it came by.
///
/// A publisher that says who it is owns the channel while one of its POSTs is open, and for the linger time after one broke. One that came by
/// another door than POSTs owns it from ``claimChannel(_:_:now:)`` to ``releaseChannel(_:_:_:now:)``.
extension RelayStore {
    /// - Throws: ``RelayRefusal/ownedByAnother(for:)``.
    func checkOwner(of channel: RelayChannel, is publisher: String?, now: Duration) throws(RelayRefusal) {
        guard let owner = channel.owner, owner.isPresent(at: now), owner.publisher != publisher else { return }
        throw .ownedByAnother(for: owner.isAwaited ? nil : now - owner.since)
    }

    /// Refuses a publisher that says who it is where another publishes, whether that one says who it is or not.
    func checkPublishers(
        of name: ChannelName, allow publisher: String, now: Duration
    ) throws(RelayRefusal) {
        guard let channel = channelIDs[name].flatMap({ channels[$0] }) else { return }
        try checkOwner(of: channel, is: publisher, now: now)
        let posts = channel.writing.union(channel.preconnected).compactMap { publications[$0] }
        guard let first = posts.filter({ $0.publisher == nil }).map(\.openedAt).min() else { return }
        throw .ownedByAnother(for: now - first)
    }

    mutating func takeOwnership(
        of channel: ChannelID, _ publisher: String?, by id: PublicationID, now: Duration
    ) {
        let owner = channels[channel]!.owner
        if let owner, owner.publisher != publisher {
            for post in owner.posts { endPublication(post, .superseded(publications[post]?.number ?? .zero), now: now) }
            abortLingering(below: nil, in: channel, now: now)
            channels[channel]!.owner = nil
        }
        guard let publisher else { return }
        if channels[channel]!.owner == nil { channels[channel]!.owner = ChannelOwner(publisher: publisher, since: now) }
        channels[channel]!.owner!.posts.insert(id)
    }

    /// One of the owner's POSTs broke: it is waited for.
    mutating func linger(_ publication: Publication<Piece>, now: Duration) {
        guard channels[publication.channel]?.owner?.publisher == publication.publisher else { return }
        channels[publication.channel]!.owner!.awaitedUntil = now + limits.lingerDuration
    }

    /// The owner posts again: it is waited for only where a segment that it broke off is still without a writer.
    mutating func ownerIsBack(in channel: ChannelID) {
        guard channels[channel]!.owner?.awaitedUntil != nil, lingeringSegments(of: channel).isEmpty else { return }
        channels[channel]!.owner!.awaitedUntil = nil
    }

    /// Ends the waiting for an owner whose time is over.
    mutating func endAwaiting(_ channel: ChannelID, now: Duration) {
        guard let until = channels[channel]!.owner?.awaitedUntil, now >= until else { return }
        channels[channel]!.owner!.awaitedUntil = nil
        abortLingering(below: nil, in: channel, now: now)
        if channels[channel]!.owner!.isAwaited { channels[channel]!.owner = nil }
    }

    /// Ends open segments that nobody writes: their publisher has gone on, or does not come back.
    ///
    /// - Parameter number: those below it; nil for all.
    mutating func abortLingering(below number: SequenceNumber?, in channel: ChannelID, now: Duration) {
        for segment in lingeringSegments(of: channel) where number.map({ segment.number < $0 }) ?? true {
            endSegment(segment.id, .aborted(.publisher, at: now))
        }
    }

    /// Open segments that nobody writes, by number.
    private func lingeringSegments(of channel: ChannelID) -> [(id: SegmentID, number: SequenceNumber)] {
        openSegments(of: channel).filter { segments[$0.id]!.writers.isEmpty }
    }

    /// Segments that are being written, by number.
    func openSegments(of channel: ChannelID) -> [(id: SegmentID, number: SequenceNumber)] {
        guard let open = channels[channel]?.openSegments, !open.isEmpty else { return [] }
        return open.map { ($0, segments[$0]!.number) }.sorted { $0.1 < $1.1 }
    }

    // MARK: Claims

    /// Makes a publisher the owner of the channel until it lets go of it. Makes the channel where there is none.
    ///
    /// - Returns: the incarnation of the channel that it owns.
    /// - Throws: ``RelayRefusal``: another publishes the channel; as ``createChannel(_:contentType:publisher:now:)``.
    public mutating func claimChannel(
        _ name: ChannelName, _ claim: ChannelClaim, now: Duration
    ) throws(RelayRefusal) -> ChannelID {
        guard !isDraining else { throw .draining }
        guard name.isPublishable else { throw .internalChannel }
        if !claim.takesOver { try checkPublishers(of: name, allow: claim.publisher, now: now) }
        guard channelIDs[name] != nil || claim.mayCreate || limits.createsChannels else { throw .channelNotFound }
        let id = try findOrCreateChannel(name, contentType: claim.contentType, now: now)
        let others = channels[id]!.writing.union(channels[id]!.preconnected)
        for post in others where publications[post]?.publisher != claim.publisher {
            endPublication(post, .superseded(publications[post]?.number ?? channels[id]!.next), now: now)
        }
        abortLingering(below: nil, in: id, now: now)
        channels[id]!.isProvisional = false
        channels[id]!.closesAt = nil
        channels[id]!.owner = ChannelOwner(publisher: claim.publisher, since: now, holdsClaim: true)
        return id
    }

    /// - Throws: ``RelayRefusal/channelNotFound`` where the channel has closed, ``RelayRefusal/ownedByAnother(for:)`` where another took it.
    public func checkClaim(_ channel: ChannelID, by publisher: String, now: Duration) throws(RelayRefusal) {
        guard let channel = channels[channel], channel.closedAt == nil else { throw .channelNotFound }
        guard let owner = channel.owner, owner.holdsClaim, owner.publisher == publisher else {
            throw .ownedByAnother(for: channel.owner.map { now - $0.since })
        }
    }

    /// The owner lets go of the channel. Does nothing where the channel has closed, or another has it.
    public mutating func releaseChannel(
        _ id: ChannelID, _ publisher: String, _ release: ChannelRelease, now: Duration
    ) {
        guard let channel = channels[id], channel.closedAt == nil, channel.owner?.publisher == publisher else { return }
        if case .close = release { return close(id, now: now) }
        for post in channel.owner!.posts {
            endPublication(post, .segmentEnded(publications[post]?.number ?? .zero), now: now)
        }
        abortLingering(below: nil, in: id, now: now)
        channels[id]!.owner = nil
        if case .linger = release { channels[id]!.closesAt = now + limits.publisherLingerDuration }
    }
}

/// What a publisher asks for that comes by another door than POSTs of segments.
public struct ChannelClaim: Equatable, Sendable {
    /// Who it is: no other has the same.
    public var publisher: String
    /// What the channel carries if nobody said so before.
    public var contentType: String?
    /// Whether the channel is made though ``RelayLimits/createsChannels`` says that nobody's request does.
    public var mayCreate = false
    /// Whether another that publishes the channel is pushed aside.
    public var takesOver = false

    public init(publisher: String, contentType: String?) {
        self.publisher = publisher
        self.contentType = contentType
    }
}

/// What becomes of a channel whose owner lets go of it.
public enum ChannelRelease: Sendable {
    /// It stays, for whoever publishes next.
    case leave
    /// It closes, unless somebody publishes to it within ``RelayLimits/publisherLingerDuration``.
    case linger
    case close
}
