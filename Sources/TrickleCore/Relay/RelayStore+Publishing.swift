extension RelayStore {
    /// What a publisher's bytes came to.
    public enum PublishAnswer: Equatable, Sendable {
        /// The bytes are in the segment with that number.
        case taken(SequenceNumber)
        /// The publication has ended before its body; say why, and close.
        case ended(PublicationEnd)
    }

    /// Body bytes have come.
    ///
    /// - Throws: ``RelayRefusal/segmentTooLarge(limit:)`` and ``RelayRefusal/tooManyOpenSegments(limit:)``; the
    ///   publication is over then, and what it wrote ends as aborted.
    public mutating func append(
        _ piece: Piece, to id: PublicationID, now: Duration
    ) throws(RelayRefusal) -> PublishAnswer {
        defer { makeRoom(now: now) }
        do throws(RelayRefusal) {
            // What nearly every piece is; reading the phase below would copy all that it holds.
            if let segment = publications.change(id, { $0.segmentWrittenPlainly() }) ?? nil {
                return try write(piece, to: segment, now: now)
            }
            try writeHeld(of: id, now: now)
            switch publications[id]?.phase {
            case .none:
                preconditionFailure("a publication that is over takes no bytes")
            case .preconnected:
                return try begin(id, with: piece, now: now)
            case .writing(let segment):
                guard let rest = dropOverlap(of: piece, sentBy: id) else { return .taken(segments[segment]!.number) }
                return try write(rest, to: segment, now: now)
            case .repeating(let segment):
                guard dropOverlap(of: piece, sentBy: id) == nil else {
                    throw .offsetMismatch(size: segments[segment]?.byteCount ?? 0)
                }
                return .taken(publications[id]!.number!)
            case .comparing(let segment, let place):
                return try compare(id, with: segment, piece: piece, place: place, now: now)
            case .ended(let end):
                return .ended(end)
            }
        } catch {
            breakPublication(id, lingers: false, now: now)
            throw error
        }
    }

    /// The body has come to its proper end.
    ///
    /// - Throws: as ``append(_:to:now:)``.
    public mutating func finish(_ id: PublicationID, now: Duration) throws(RelayRefusal) -> PublishAnswer {
        defer { makeRoom(now: now) }
        do throws(RelayRefusal) { try writeHeld(of: id, now: now) } catch {
            breakPublication(id, lingers: false, now: now)
            throw error
        }
        switch publications[id]?.phase {
        case .none:
            preconditionFailure("a publication ends once")
        case .preconnected:
            do throws(RelayRefusal) {
                let answer = try begin(id, with: nil, now: now)
                if case .ended = answer {
                    removePublication(id)
                    return answer
                }
            } catch {
                breakPublication(id, lingers: false, now: now)
                throw error
            }
            return try finish(id, now: now)
        case .writing(let segment):
            let number = segments[segment]!.number
            segments[segment]!.writers.remove(id)
            removePublication(id)
            endSegment(segment, .complete(at: now))
            if let channel = segments[segment]?.channel { trimWindow(of: channel, now: now) }
            forgetIfUnused(segment)
            return .taken(number)
        case .repeating(let segment):
            let number = publications[id]!.number!
            segments[segment]?.writers.remove(id)
            removePublication(id)
            forgetIfUnused(segment)
            return .taken(number)
        case .comparing(let segment, let place):
            let number = publications[id]!.number!
            let compared = segments[segment]!.pieces
            segments[segment]!.writers.remove(id)
            if place.byteCount == segments[segment]!.byteCount {
                removePublication(id)
                forgetIfUnused(segment)
                return .taken(number)
            }
            try restart(id, at: number, with: place.prefix(of: compared), now: now)
            forgetIfUnused(segment)
            return try finish(id, now: now)
        case .ended(let end):
            removePublication(id)
            return .ended(end)
        }
    }

    /// The connection broke in the body, or the body broke the rules.
    ///
    /// - Parameter lingers: whether a publisher that has said who it is may come back and go on.
    public mutating func breakPublication(_ id: PublicationID, lingers: Bool = true, now: Duration) {
        try? writeHeld(of: id, now: now)
        guard let publication = removePublication(id) else { return }
        if lingers, publication.publisher != nil {
            switch publication.phase {
            case .ended: break
            default: linger(publication, now: now)
            }
        }
        switch publication.phase {
        case .preconnected: forgetIfProvisional(publication.channel, now: now)
        case .ended: break
        case .writing(let segment) where lingers && publication.publisher != nil:
            segments[segment]?.writers.remove(id)
        case .comparing(let segment, _), .repeating(let segment):
            segments[segment]?.writers.remove(id)
            forgetIfUnused(segment)
        case .writing(let segment):
            segments[segment]?.writers.remove(id)
            if segments[segment]?.writers.isEmpty == true {
                endSegment(segment, .aborted(.publisher, at: now))
            }
            forgetIfUnused(segment)
        }
    }

    /// Why the publication has ended without its publisher; nil while it has not.
    public func end(of id: PublicationID) -> PublicationEnd? {
        guard case .ended(let end) = publications[id]?.phase else { return nil }
        return end
    }

    // MARK: The first body byte

    private mutating func begin(
        _ id: PublicationID, with piece: Piece?, now: Duration
    ) throws(RelayRefusal) -> PublishAnswer {
        if channels[publications[id]!.channel]?.closedAt != nil {
            guard piece != nil else {
                endPublication(id, .channelClosed, now: now)
                return .ended(.channelClosed)
            }
            try moveToNewChannel(id, now: now)
        }
        let channelID = publications[id]!.channel
        let number = publications[id]!.number ?? channels[channelID]!.next
        if publications[id]!.number == nil, channels[channelID]!.index.segment(number) != nil { throw .noNumbersLeft }
        if publications[id]!.resets { endEarlier(than: number, in: channelID, now: now) }
        let arrival = channels[channelID]!.arrival(at: number) { segment in
            switch segments[segment]!.state {
            case .open: true
            case .complete: false
            case .aborted: nil
            }
        }
        channels[channelID]!.preconnected.remove(id)
        channels[channelID]!.writing.insert(id)
        channels[channelID]!.lastByteAt = now
        abortLingering(below: number, in: channelID, now: now)
        if publications[id]!.publisher != nil { ownerIsBack(in: channelID) }
        switch arrival {
        case .join(let segment):
            segments[segment]!.writers.insert(id)
            publications[id]!.phase = .writing(segment)
        case .compare(let segment):
            segments[segment]!.writers.insert(id)
            publications[id]!.phase = .comparing(segment, place: ComparisonPlace())
            guard let piece else { return .taken(number) }
            return try compare(id, with: segment, piece: piece, place: ComparisonPlace(), now: now)
        case .begin, .replace:
            // Before the old one goes: a refusal changes nothing.
            try checkOpenSegmentCount(of: channelID)
            if case .replace(let old) = arrival {
                channels[channelID]!.byteCount -= segments[old]!.byteCount
                takeOffList(old, as: .replaced, now: now)
            }
            publications[id]!.phase = .writing(try makeSegment(number, in: channelID, writer: id, now: now))
        case .restart:
            try restart(id, at: number, with: [], now: now)
        }
        guard let piece, case .writing(let segment) = publications[id]!.phase else { return .taken(number) }
        return try write(piece, to: segment, now: now)
    }

    mutating func write(
        _ piece: Piece, to id: SegmentID, now: Duration
    ) throws(RelayRefusal) -> PublishAnswer {
        // All is done in place, and nothing is read from a copy: this runs for every piece.
        let limit = limits.segmentByteCount
        guard let entry = segments.change(id, { $0.append(piece, upTo: limit) }) ?? nil else {
            throw .segmentTooLarge(limit: limit)
        }
        charge(entry.cost, to: entry.client)
        if entry.hasManyPieces { joinSmallPieces(of: id, isEager: false) }
        counts.bytesIn += piece.byteCount
        let window = channels.change(entry.channel) {
            $0.received(piece.byteCount, ofSegmentWith: entry.byteCount, now: now)
        }!
        if window.byteCount > limits.windowByteCount(largestSegment: window.largest) {
            trimWindow(of: entry.channel, now: now)
        }
        wakeReaders(of: id)
        return .taken(entry.number)
    }

    private mutating func compare(
        _ id: PublicationID, with segment: SegmentID, piece: Piece, place: ComparisonPlace, now: Duration
    ) throws(RelayRefusal) -> PublishAnswer {
        let number = segments[segment]!.number
        channels[publications[id]!.channel]!.lastByteAt = now
        var next = place
        if next.advance(over: piece, in: segments[segment]!.pieces) {
            publications[id]!.phase = .comparing(segment, place: next)
            return .taken(number)
        }
        let received = place.prefix(of: segments[segment]!.pieces) + [piece]
        segments[segment]!.writers.remove(id)
        try restart(id, at: number, with: received, now: now)
        forgetIfUnused(segment)
        return .taken(number)
    }

    /// The publisher has begun again: the channel goes on from `number`, with the bytes that came so far.
    private mutating func restart(
        _ id: PublicationID, at number: SequenceNumber, with received: [Piece], now: Duration
    ) throws(RelayRefusal) {
        let channelID = publications[id]!.channel
        let replaced = channels[channelID]!.restart(at: number)
        for old in replaced {
            segments[old]!.standing = .replaced
            endSegment(old, .aborted(.publisher, at: now), writersSee: .superseded(segments[old]!.number))
            takeOffList(old, as: .replaced, now: now)
        }
        let segment = try makeSegment(number, in: channelID, writer: id, now: now)
        publications[id]!.phase = .writing(segment)
        for piece in received { _ = try write(piece, to: segment, now: now) }
    }

    private mutating func makeSegment(
        _ number: SequenceNumber, in channel: ChannelID, writer: PublicationID?, now: Duration
    ) throws(RelayRefusal) -> SegmentID {
        try checkOpenSegmentCount(of: channel)
        let id = makeID(SegmentID.init)
        let client = writer.flatMap { publications[$0]?.client } ?? 0
        var segment = RelaySegment<Piece>(
            id: id, number: number, channel: channel, client: client, beganAt: now)
        if let writer { segment.writers.insert(writer) }
        segments[id] = segment
        charge(segment.cost, to: client)
        channels[channel]!.openSegments.insert(id)
        count(in: channel) { $0.segments += 1 }
        channels[channel]!.keep(id, at: number)
        trimWindow(of: channel, now: now)
        beginningLog.append(channels[channel]!.name)
        wakeWaitingReaders(of: channel)
        return id
    }

    func checkOpenSegmentCount(of channel: ChannelID) throws(RelayRefusal) {
        guard channels[channel]!.openSegments.count < limits.openSegmentCount else {
            throw .tooManyOpenSegments(limit: limits.openSegmentCount)
        }
    }

    // MARK: Ends

    /// Ends the segment at `position` so that nobody waits for it: what is open ends properly, what was never written
    /// becomes an empty segment.
    ///
    /// - Throws: ``RelayRefusal`` when there is no such channel, or the number is beyond the next.
    public mutating func endSegment(
        _ name: ChannelName, at position: SegmentPosition, now: Duration
    ) throws(RelayRefusal) {
        defer { makeRoom(now: now) }
        guard !name.isInternal else { throw .internalChannel }
        guard let channelID = channelIDs[name], let channel = channels[channelID] else { throw .channelNotFound }
        let number = channel.resolve(position)
        if let segment = channel.index.segment(number) {
            endSegment(segment, .complete(at: now))
        } else if number > channel.next {
            throw .segmentNotFound(asked: number, next: channel.next)
        } else if channel.arrival(at: number, isOpen: { _ in nil }) == .begin {
            for post in channel.preconnected where publications[post]?.number == number {
                endPublication(post, .segmentEnded(number), now: now)
            }
            endSegment(try makeSegment(number, in: channelID, writer: nil, now: now), .complete(at: now))
        }
    }

    private mutating func endEarlier(than number: SequenceNumber, in channel: ChannelID, now: Duration) {
        for segment in openSegments(of: channel) where segment.number < number {
            endSegment(segment.id, .complete(at: now))
        }
    }

    /// Ends a POST before its body has ended; what it holds goes into its segment first.
    mutating func endPublication(_ id: PublicationID, _ end: PublicationEnd, now: Duration) {
        try? writeHeld(of: id, now: now)
        guard let publication = publications[id] else { return }
        switch publication.phase {
        case .writing(let segment), .repeating(let segment), .comparing(let segment, _):
            segments[segment]?.writers.remove(id)
            forgetIfUnused(segment)
        case .preconnected: break
        case .ended: return
        }
        forgetInChannel(publication)
        publications[id]!.phase = .ended(end)
        wake(.publication(id), LaneSet(publication.lane))
    }

    /// What a repeated POST is compared with goes.
    mutating func endComparing(_ id: PublicationID, now: Duration) {
        if case .comparing = publications[id]?.phase { endPublication(id, .outOfMemory, now: now) }
    }

    @discardableResult
    private mutating func removePublication(_ id: PublicationID) -> Publication<Piece>? {
        guard let publication = publications.removeValue(forKey: id) else { return nil }
        forgetInChannel(publication)
        return publication
    }

    private mutating func forgetInChannel(_ publication: Publication<Piece>) {
        channels[publication.channel]?.preconnected.remove(publication.id)
        channels[publication.channel]?.writing.remove(publication.id)
        channels[publication.channel]?.owner?.posts.remove(publication.id)
    }

    /// Lets go of a segment that nobody can ask for, reads or writes.
    mutating func forgetIfUnused(_ id: SegmentID) {
        guard let segment = segments[id], segment.standing != .kept, segment.lanes.isEmpty, segment.writers.isEmpty
        else { return }
        segments[id] = nil
        charge(-segment.cost, to: segment.client)
    }
}
