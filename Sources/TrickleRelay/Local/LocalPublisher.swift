import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

extension RelayServer {
    /// Publishes to this relay from the program that it runs in, without a socket.
    ///
    /// The channel is made if it is not there, whatever ``RelayLimits/createsChannels`` says, and its numbering goes on. Nobody else publishes
    /// it until the publisher lets go of it.
    ///
    /// - Throws: ``TrickleError``: `channelTaken` while another publishes the channel; `refused` for the relay's own names; `relayBusy` when it
    ///   is full.
    public func publisher(of channel: ChannelName, contentType: String = "video/MP2T") throws -> LocalPublisher {
        try LocalPublisher(of: channel, contentType, mayCreate: true, store: store)
    }

    /// Publishes what a client sends through a door that is not the protocol's: as a POST of its would, it makes a channel where requests may.
    ///
    /// - Parameters:
    ///   - client: whom the memory is charged to.
    ///   - takesOver: whether another that publishes the channel is pushed aside.
    /// - Throws: as ``publisher(of:contentType:)``; `channelNotFound` where requests make no channels.
    public func publisher(
        of channel: ChannelName, for client: ClientIdentity, contentType: String? = "video/MP2T",
        takesOver: Bool = false
    ) throws -> LocalPublisher {
        try LocalPublisher(
            of: channel, contentType, client: client.household.hashValue, takesOver: takesOver, store: store)
    }
}

/// Publishes the segments of one channel of a relay in the same program, and is the only one to do so.
///
/// Behaves as a publisher over the wire does; each byte is copied once, into the piece that all readers share. Letting go of it
/// leaves the channel as it is.
public final class LocalPublisher: Sendable {
    public let channel: ChannelName
    private let store: SharedStore
    private let incarnation: ChannelID
    private let next: NIOLockedValueBox<SequenceNumber?>
    /// Who it is to the store.
    private let id: String
    /// To whom the memory of its segments is charged.
    private let client: Int
    /// The relay's own program is one client.
    private static let ownProgram = 1
    private static let count = NIOLockedValueBox(0)

    fileprivate init(
        of channel: ChannelName, _ contentType: String?, client: Int = LocalPublisher.ownProgram,
        mayCreate: Bool = false,
        takesOver: Bool = false, store: SharedStore
    ) throws {
        // No field of a request holds a line break, so that nobody on the wire can be taken for it.
        let id = "\n\(Self.count.withLockedValue { $0 += 1; return $0 })"
        var claim = ChannelClaim(publisher: id, contentType: contentType)
        (claim.mayCreate, claim.takesOver) = (mayCreate, takesOver)
        let (incarnation, next) = try refusing("publish '\(channel)'") { () throws(RelayRefusal) in
            try store.perform(on: nil) { (store, now) throws(RelayRefusal) in
                (try store.claimChannel(channel, claim, now: now), try store.next(of: channel))
            }
        }
        self.channel = channel
        self.store = store
        self.incarnation = incarnation
        self.next = NIOLockedValueBox(next)
        self.id = id
        self.client = client
    }

    deinit { release(.leave) }

    /// The number that the next segment has; of a channel that was there already not 0.
    public var nextSequence: SequenceNumber? { next.withLockedValue { $0 } }

    /// Begins the next segment; the numbers go up by one with each call.
    ///
    /// - Parameter contentType: what the channel carries if nobody has said so.
    /// - Throws: ``TrickleError``: `channelNotFound` when the channel was closed, `channelTaken` when another took it, `relayBusy`, `refused`.
    public func nextSegment(contentType: String? = nil) throws -> LocalSegmentWriter {
        let number = next.withLockedValue { next in
            defer { next = next?.next }
            return next
        }
        guard let number else {
            throw TrickleError(.misuse, "the channel '\(channel)' has no numbers left: publish under another name")
        }
        let publication = try refusing("publish '\(channel)/\(number)'") { () throws(RelayRefusal) in
            try store.perform(on: nil) { (store, now) throws(RelayRefusal) in
                try store.checkClaim(incarnation, by: id, now: now)
                var request = PublishRequest(.exact(number))
                (request.client, request.publisher) = (client, id)
                request.contentType = contentType
                return try store.openPublication(in: channel, request, on: Lane(0), now: now)
            }
        }
        return LocalSegmentWriter(of: self, store: store, sequence: number, publication: publication)
    }

    /// Checks that it still has the channel.
    ///
    /// - Throws: ``TrickleError``: `channelNotFound` when the channel was closed, `channelTaken` when another took it.
    public func check() throws {
        try refusing("publish '\(channel)'") { () throws(RelayRefusal) in
            try store.perform(on: nil) { (store, now) throws(RelayRefusal) in
                try store.checkClaim(incarnation, by: id, now: now)
            }
        }
    }

    /// Lets go of the channel, and ends a segment that is open as aborted. Does nothing when it was closed, or another has it.
    ///
    /// - Parameter release: what becomes of the channel; by ``ChannelRelease/close`` its readers get what there is, and then its end.
    public func release(_ release: ChannelRelease) {
        store.perform(on: nil) { store, now in store.releaseChannel(incarnation, id, release, now: now) }
    }

    /// Closes the channel: its readers get what there is, and then its end. Does nothing when it is closed, or another has it.
    public func close() { release(.close) }
}

/// One segment that is being published within the relay's own program. Ends with ``finish()`` or ``abort()``; letting go of
/// it aborts it.
public final class LocalSegmentWriter: Sendable {
    public let sequence: SequenceNumber
    private let store: SharedStore
    /// Has the channel for as long as it is written to.
    private let publisher: LocalPublisher
    private var channel: ChannelName { publisher.channel }
    /// nil after the end.
    private let publication: NIOLockedValueBox<PublicationID?>

    init(of publisher: LocalPublisher, store: SharedStore, sequence: SequenceNumber, publication: PublicationID) {
        self.publisher = publisher
        self.store = store
        self.sequence = sequence
        self.publication = NIOLockedValueBox(publication)
    }

    deinit { abort() }

    /// Hands bytes to all readers, as one piece.
    ///
    /// - Throws: ``TrickleError``: `channelClosed`, `channelTaken`, `segmentAborted`, `refused` when the segment is too large, `misuse` after
    ///   the end.
    public func write(_ bytes: ByteBuffer) throws {
        if bytes.readableBytes == 0 { return }
        try perform(ends: false) { (store, id, now) throws(RelayRefusal) in
            try store.append(EncodedPiece(payload: bytes.readableBytesView), to: id, now: now)
        }
    }

    public func write(_ bytes: some Collection<UInt8>) throws { try write(ByteBuffer(bytes: bytes)) }

    /// Ends the segment.
    ///
    /// - Throws: as ``write(_:)-(ByteBuffer)``.
    public func finish() throws {
        try perform(ends: true) { (store, id, now) throws(RelayRefusal) in try store.finish(id, now: now) }
    }

    /// Breaks the segment off: its readers are told that it is not whole. Does nothing after the end.
    public func abort() {
        guard let id = publication.withLockedValue({ $0.take() }) else { return }
        store.perform(on: nil) { store, now in store.breakPublication(id, lingers: false, now: now) }
    }

    private func perform(
        ends: Bool,
        _ body: (inout SharedStore.Store, PublicationID, Duration) throws(RelayRefusal) ->
            SharedStore.Store.PublishAnswer
    ) throws {
        // Held for the whole call: the end must not come between two writers' bytes.
        try publication.withLockedValue { publication in
            guard let id = publication else {
                throw TrickleError(.misuse, "segment \(sequence) was written to after its end")
            }
            if ends { publication = nil }
            let answer = try refusing("publish '\(channel)/\(sequence)'") { () throws(RelayRefusal) in
                do throws(RelayRefusal) {
                    return try store.perform(on: nil) { (store, now) throws(RelayRefusal) in try body(&store, id, now) }
                } catch {
                    publication = nil
                    throw error
                }
            }
            guard case .ended(let end) = answer else { return }
            publication = nil
            if !ends { store.perform(on: nil) { store, now in store.breakPublication(id, now: now) } }
            throw TrickleError(end, channel: channel, sequence: sequence)
        }
    }
}

extension TrickleError {
    init(_ end: PublicationEnd, channel: ChannelName, sequence: SequenceNumber) {
        switch end {
        case .channelClosed: self.init(.channelClosed, "the channel '\(channel)' was closed")
        case .segmentEnded: self.init(.segmentAborted, "segment \(sequence) of '\(channel)' was ended by somebody else")
        case .superseded: self.init(.channelTaken, "another publisher took the channel '\(channel)'")
        case .outOfMemory:
            self.init(.relayBusy, "segment \(sequence) of '\(channel)' was given up: the relay has not enough memory")
        case .relayDraining: self.init(.relayBusy, "the relay is going down")
        }
    }
}

/// Puts a refusal into the words and the status that a client over the wire would get.
func refusing<Result>(_ intent: String, _ body: () throws(RelayRefusal) -> Result) throws(TrickleError) -> Result {
    do throws(RelayRefusal) {
        return try body()
    } catch {
        let problem = RequestProblem(error)
        let code: TrickleError.Code =
            switch error {
            case .channelNotFound: .channelNotFound
            case .ownedByAnother: .channelTaken
            case .draining, .outOfMemory, .tooManyChannels, .tooManyOpenSegments, .tooManyPreconnected: .relayBusy
            default: .refused
            }
        throw TrickleError(code, "cannot \(intent): \(problem.reason)", status: problem.status)
    }
}
