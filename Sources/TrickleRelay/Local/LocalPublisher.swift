import NIOConcurrencyHelpers
import NIOCore
import TrickleCore

extension RelayServer {
    /// Publishes to this relay from the program that it runs in, without a socket.
    ///
    /// The channel is made if it is not there, whatever ``RelayLimits/createsChannels`` says, and its numbering goes on.
    ///
    /// - Throws: ``TrickleError``: `refused` for the relay's own names, and when it is full.
    public func publisher(of channel: ChannelName, contentType: String = "video/MP2T") throws -> LocalPublisher {
        let next = try refusing("publish '\(channel)'") { () throws(RelayRefusal) in
            try store.perform(on: nil) { (store, now) throws(RelayRefusal) in
                try store.provideChannel(channel, contentType: contentType, now: now)
                return try store.next(of: channel)
            }
        }
        return LocalPublisher(store: store, channel: channel, next: next)
    }
}

/// Publishes the segments of one channel of a relay in the same program.
///
/// Behaves as a publisher over the wire does; each byte is copied once, into the piece that all readers share.
public final class LocalPublisher: Sendable {
    public let channel: ChannelName
    private let store: SharedStore
    private let next: NIOLockedValueBox<SequenceNumber?>
    /// The relay's own program is one client, to whom the memory of its segments is charged.
    private static let client = 1
    /// Owns nothing: a publisher within the program does not break, and has nothing to come back to.
    private static let publisher = ""

    init(store: SharedStore, channel: ChannelName, next: SequenceNumber) {
        self.store = store
        self.channel = channel
        self.next = NIOLockedValueBox(next)
    }

    /// The number that the next segment has; of a channel that was there already not 0.
    public var nextSequence: SequenceNumber? { next.withLockedValue { $0 } }

    /// Begins the next segment; the numbers go up by one with each call.
    ///
    /// - Throws: ``TrickleError``: `channelClosed`, `relayBusy`, `refused`.
    public func nextSegment() throws -> LocalSegmentWriter {
        let number = next.withLockedValue { next in
            defer { next = next?.next }
            return next
        }
        guard let number else {
            throw TrickleError(.misuse, "the channel '\(channel)' has no numbers left: publish under another name")
        }
        let publication = try refusing("publish '\(channel)/\(number)'") { () throws(RelayRefusal) in
            try store.perform(on: nil) { (store, now) throws(RelayRefusal) in
                // A channel that somebody closed is not made anew by the next of its segments.
                _ = try store.next(of: channel)
                var request = PublishRequest(.exact(number))
                request.client = Self.client
                return try store.openPublication(in: channel, request, on: Lane(0), now: now)
            }
        }
        return LocalSegmentWriter(store: store, channel: channel, sequence: number, publication: publication)
    }

    /// Closes the channel: its readers get what there is, and then its end. Does nothing when it is closed, or another owns it.
    public func close() {
        try? store.perform(on: nil) { (store, now) throws(RelayRefusal) in
            try store.closeChannel(channel, publisher: Self.publisher, now: now)
        }
    }
}

/// One segment that is being published within the relay's own program. Ends with ``finish()`` or ``abort()``; letting go of
/// it aborts it.
public final class LocalSegmentWriter: Sendable {
    public let sequence: SequenceNumber
    private let store: SharedStore
    private let channel: ChannelName
    /// nil after the end.
    private let publication: NIOLockedValueBox<PublicationID?>

    init(store: SharedStore, channel: ChannelName, sequence: SequenceNumber, publication: PublicationID) {
        self.store = store
        self.channel = channel
        self.sequence = sequence
        self.publication = NIOLockedValueBox(publication)
    }

    deinit { abort() }

    /// Hands bytes to all readers, as one piece.
    ///
    /// - Throws: ``TrickleError``: `channelClosed`, `segmentAborted`, `refused` when the segment is too large, `misuse` after
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
        store.perform(on: nil) { store, now in store.breakPublication(id, now: now) }
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
        case .superseded: self.init(.segmentAborted, "another publisher of '\(channel)' began again")
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
            case .draining, .outOfMemory, .tooManyChannels, .tooManyOpenSegments, .tooManyPreconnected: .relayBusy
            default: .refused
            }
        throw TrickleError(code, "cannot \(intent): \(problem.reason)", status: problem.status)
    }
}
