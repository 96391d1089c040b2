extension RelayStore {
    /// A POST of a segment has come. Until its first body byte it changes no number.
    ///
    /// - Throws: ``RelayRefusal``; a refused POST makes no channel.
    public mutating func openPublication(
        in name: ChannelName, _ request: PublishRequest, on lane: Lane, now: Duration
    ) throws(RelayRefusal) -> PublicationID {
        guard !isDraining else { throw .draining }
        guard name.isPublishable else { throw .internalChannel }
        let number: SequenceNumber?
        switch request.position {
        case .exact(let exact): number = exact
        case .next: number = nil
        case .current, .back: throw .notPublishable(request.position)
        }
        guard channelIDs[name] != nil || limits.createsChannels else { throw .channelNotFound }
        guard request.byteCount ?? 0 <= limits.segmentByteCount else {
            throw .segmentTooLarge(limit: limits.segmentByteCount)
        }
        makeRoom(now: now)
        try check(request, at: number, in: channelIDs[name], now: now)
        let isNew = channelIDs[name] == nil
        let late = isNew ? closedChannel(name, before: number, now: now) : nil
        let channel: ChannelID
        if let late {
            channel = late
        } else {
            channel = try findOrCreateChannel(name, contentType: request.contentType, now: now)
        }
        let id = makeID(PublicationID.init)
        publications[id] = Publication(
            id: id, channel: channel, name: name, contentType: request.contentType, lane: lane, number: number,
            resets: request.resets, publisher: request.publisher,
            client: request.client, openedAt: now)
        channels[channel]!.preconnected.insert(id)
        if late != nil { return id }
        channels[channel]!.closesAt = nil
        if isNew { channels[channel]!.isProvisional = true }
        takeOwnership(of: channel, request.publisher, by: id, now: now)
        if request.publisher != nil {
            if let number { resume(id, at: number, from: request.offset, in: channel, now: now) }
            ownerIsBack(in: channel)
        }
        return id
    }

    /// Refuses what does not fit the channel as it is.
    private func check(
        _ request: PublishRequest, at number: SequenceNumber?, in id: ChannelID?, now: Duration
    ) throws(RelayRefusal) {
        let channel = id.flatMap { channels[$0] }
        let segment = number.flatMap { channel?.index.segment($0) }.flatMap { segments[$0] }
        if let channel, !request.resets { try checkOwner(of: channel, is: request.publisher, now: now) }
        // What was aborted is written again from its start.
        let size = if case .aborted = segment?.state { 0 } else { segment?.byteCount ?? 0 }
        guard request.offset <= size else { throw .offsetMismatch(size: size) }
        guard cost <= limits.memoryByteCount || segment?.isOpen == true else {
            throw .outOfMemory(limit: limits.memoryByteCount)
        }
        guard let channel else { return }
        if segment?.isOpen != true { try checkOpenSegmentCount(of: channel.id) }
        guard channel.preconnected.count < limits.preconnectedCount else {
            throw .tooManyPreconnected(limit: limits.preconnectedCount)
        }
    }

    // MARK: Late POSTs

    /// The closed channel whose publisher had preconnected this number, which is the one after its last: it closed the channel itself, and
    /// its DELETE was faster.
    private func closedChannel(_ name: ChannelName, before number: SequenceNumber?, now: Duration) -> ChannelID? {
        guard let id = drainingIDs[name], let channel = channels[id], let number, number > .zero,
            channel.next == number, channel.preconnected.count < limits.preconnectedCount,
            let closedAt = channel.closedAt, now - closedAt < limits.drainDuration
        else { return nil }
        return id
    }

    /// A POST that came late has a byte after all: it makes a channel, or goes into the one that is there.
    mutating func moveToNewChannel(_ id: PublicationID, now: Duration) throws(RelayRefusal) {
        let publication = publications[id]!
        guard channelIDs[publication.name] != nil || limits.createsChannels else { throw .channelNotFound }
        if let channel = channelIDs[publication.name].flatMap({ channels[$0] }), !publication.resets {
            try checkOwner(of: channel, is: publication.publisher, now: now)
        }
        let channel = try findOrCreateChannel(publication.name, contentType: publication.contentType, now: now)
        channels[publication.channel]?.preconnected.remove(id)
        publications[id]!.channel = channel
        channels[channel]!.preconnected.insert(id)
        channels[channel]!.closesAt = nil
        takeOwnership(of: channel, publication.publisher, by: id, now: now)
    }

    // MARK: Resuming

    /// Goes on with a segment that is there: what the publisher sends again is dropped, an old connection pushed aside.
    private mutating func resume(
        _ id: PublicationID, at number: SequenceNumber, from offset: Int, in channel: ChannelID, now: Duration
    ) {
        guard let segment = channels[channel]!.index.segment(number) else { return }
        let size = segments[segment]!.byteCount
        switch segments[segment]!.state {
        case .aborted: return
        // From its start it may be another segment: the bytes tell.
        case .complete where offset == 0: return
        case .complete: publications[id]!.phase = .repeating(segment)
        case .open:
            segments[segment]!.writers.insert(id)
            for writer in segments[segment]!.writers where writer != id {
                endPublication(writer, .superseded(number), now: now)
            }
            publications[id]!.phase = .writing(segment)
        }
        segments[segment]!.writers.insert(id)
        publications[id]!.overlap = size - offset
        channels[channel]!.preconnected.remove(id)
        channels[channel]!.writing.insert(id)
    }

    /// - Returns: what of the piece the segment does not have; nil for nothing.
    mutating func dropOverlap(of piece: Piece, sentBy id: PublicationID) -> Piece? {
        let overlap = publications[id]!.overlap
        if overlap == 0 { return piece }
        publications[id]!.overlap = max(0, overlap - piece.byteCount)
        return piece.byteCount > overlap ? piece.part(overlap..<piece.byteCount) : nil
    }
}
