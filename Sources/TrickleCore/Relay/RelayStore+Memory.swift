/// What the relay's memory is used for, and who gives way when there is not enough.
extension RelayStore {
    /// Adds to what the client's segments cost; takes from it below 0.
    mutating func charge(_ bytes: Int, to client: Int) {
        cost += bytes
        accounts[client, default: MemoryAccount()].cost += bytes
    }

    /// Frees memory when more is used than there may be: the client that takes most gives way.
    ///
    /// To be called when an event has been dealt with, not within: segments that are being written may end here.
    mutating func makeRoom(now: Duration) {
        dropDoomed(now: now)
        guard cost > limits.memoryByteCount else { return }
        var leaving = doomed.reduce(0) { $0 + (segments[$1]?.cost ?? 0) }
        // Some more than has to be, so that it is not looked for at every piece.
        let goal = limits.memoryByteCount / 16 * 15
        var poor: Set<Int> = []
        while cost - leaving > goal, let (client, lead) = heaviest(except: poor) {
            let before = cost - leaving
            // As much as it takes more than the next one, but not by so little that the two take turns at each segment.
            let share = min(before - goal, max(lead, limits.memoryByteCount / 64))
            dropEnded(of: client, until: cost - share, now: now)
            let missing = share - (before - (cost - leaving))
            if missing > 0 { leaving += giveUpOpen(of: client, atLeast: missing, now: now) }
            if cost - leaving == before { poor.insert(client) }
        }
        dropDoomed(now: now)
    }

    /// The client whose segments take most, and by how much more than those of the next.
    private func heaviest(except poor: Set<Int>) -> (client: Int, lead: Int)? {
        var first: (client: Int, cost: Int)?
        var second = 0
        for (client, account) in accounts where account.cost > 0 && !poor.contains(client) {
            if account.cost > first?.cost ?? 0 {
                second = first?.cost ?? 0
                first = (client, account.cost)
            } else {
                second = max(second, account.cost)
            }
        }
        return first.map { ($0.client, $0.cost - second) }
    }

    /// Drops the client's oldest segments that have ended, a channel's newest complete one after all others.
    private mutating func dropEnded(of client: Int, until goal: Int, now: Duration) {
        while cost > goal, let segment = accounts[client]?.takeOldest() {
            guard let channel = segments[segment]?.channel, segments[segment]!.standing != .leftBehind else { continue }
            if segments[segment]!.standing == .kept, newestComplete(of: channel) == segment {
                accounts[client]!.spare(segment)
            } else {
                drop(segment, now: now)
            }
        }
        while cost > goal, let segment = accounts[client]?.takeSpared() { drop(segment, now: now) }
        tidyAccount(of: client)
    }

    /// Ends the client's largest open segments.
    ///
    /// - Returns: how many bytes that will free.
    private mutating func giveUpOpen(of client: Int, atLeast goal: Int, now: Duration) -> Int {
        var open: [(id: SegmentID, cost: Int)] = []
        for channel in channels.values {
            for id in channel.openSegments where segments[id]?.client == client {
                open.append((id, segments[id]!.cost))
            }
        }
        var freed = 0
        for (id, cost) in open.sorted(by: { $0.cost > $1.cost }) where freed < goal {
            endSegment(id, .aborted(.relay, at: now), writersSee: .outOfMemory)
            doomed.append(id)
            freed += cost
        }
        return freed
    }

    /// Those that were given up go when each lane has looked: until then their readers are to learn of the end.
    private mutating func dropDoomed(now: Duration) {
        guard !doomed.isEmpty else { return }
        var waiting: [SegmentID] = []
        for id in doomed {
            if segments[id]?.wokenLanes.isEmpty == false { waiting.append(id) } else { drop(id, now: now) }
        }
        doomed = waiting
    }

    private mutating func drop(_ id: SegmentID, now: Duration) {
        guard let segment = segments[id], segment.standing != .leftBehind else { return }
        if segment.standing == .kept { noteSqueezed(segment.channel) }
        if segment.standing == .kept, let position = channels[segment.channel]?.index.position(of: segment.number) {
            drop(position, of: segment.channel, now: now)
        } else {
            takeOffList(id, as: .leftBehind, now: now)
        }
    }

    /// Forgets the client's segments that have gone by themselves.
    mutating func tidyAccount(of client: Int) {
        accounts.change(client) { account in
            account.tidy { segments[$0] != nil && segments[$0]!.standing != .leftBehind }
        }
        if let account = accounts[client], account.cost == 0, account.count == 0 { accounts[client] = nil }
    }

    /// To be called about once a second.
    mutating func tidyAccounts() {
        for (client, account) in accounts where account.isTooLong || account.cost == 0 { tidyAccount(of: client) }
    }

    mutating func joinSmallPieces(of id: SegmentID, isEager: Bool) {
        guard let (change, client) = segments.change(id, { ($0.joinSmallPieces(isEager: isEager), $0.client) }) else {
            return
        }
        if change != 0 { charge(change, to: client) }
    }

    /// A lane keeps copies of the segment's bytes in another form, or somebody keeps what it has found in them: that counts as the
    /// segment's own.
    ///
    /// - Parameter byteCount: how much more they take than before.
    public mutating func copiesChanged(of id: SegmentID, by byteCount: Int, now: Duration) {
        guard let client = segments.change(id, { $0.copiesChanged(by: byteCount) }) ?? nil else { return }
        charge(byteCount, to: client)
        if byteCount > 0 { makeRoom(now: now) }
    }

    // MARK: Held bytes

    /// Bytes of a segment have come that may wait for more: they reach the readers with ``release(_:now:)``, or with what comes.
    ///
    /// - Throws: as ``append(_:to:now:)``.
    public mutating func hold(
        _ piece: Piece, for id: PublicationID, now: Duration
    ) throws(RelayRefusal) -> PublishAnswer {
        guard let entry = publications.change(id, { $0.hold(piece) }) ?? nil else {
            return try append(piece, to: id, now: now)
        }
        charge(entry.cost, to: entry.client)
        makeRoom(now: now)
        return .taken(segments[entry.segment]?.number ?? .zero)
    }

    /// The bytes that are held have waited long enough.
    ///
    /// - Throws: as ``append(_:to:now:)``.
    public mutating func release(_ id: PublicationID, now: Duration) throws(RelayRefusal) {
        do throws(RelayRefusal) { try writeHeld(of: id, now: now) } catch {
            breakPublication(id, lingers: false, now: now)
            throw error
        }
        makeRoom(now: now)
    }

    /// Puts the held bytes into the segment.
    mutating func writeHeld(of id: PublicationID, now: Duration) throws(RelayRefusal) {
        guard let publication = publications[id], !publication.held.pieces.isEmpty else { return }
        publications.change(id) { $0.held = HeldPieces() }
        charge(-publication.held.cost, to: publication.client)
        guard case .writing(let segment) = publication.phase else { return }
        _ = try write(.joined(publication.held.pieces), to: segment, now: now)
    }

    /// Before the segment ends: what its writers hold belongs to it.
    mutating func takeHeld(of segment: SegmentID, now: Duration) {
        guard let writers = segments[segment]?.writers else { return }
        for writer in writers { try? writeHeld(of: writer, now: now) }
    }
}
