import NIOCore
import TrickleCore

/// What a viewer of frames asks for.
public struct FrameViewing: Sendable {
    /// Which segments it gets.
    public enum Mode: String, CaseIterable, Sendable {
        /// The newest whole one, whenever the one before has left: what is passed over meanwhile is skipped.
        case latest
        /// Each, in the order of their numbers.
        case all
    }

    /// Where it begins.
    public enum Start: Sendable, Equatable {
        case next
        /// The newest that is whole.
        case current
        case number(SequenceNumber)
    }

    /// Nil for what suits the channel: each of its segments where they are text or JSON, the newest of all others.
    public var mode: Mode?
    /// Nil for what suits the mode: the current one for the newest, the next for all.
    public var start: Start?
    /// Whether a text message before each tells of it.
    public var hasMeta: Bool

    public init(mode: Mode? = nil, start: Start? = nil, hasMeta: Bool = false) {
        (self.mode, self.start, self.hasMeta) = (mode, start, hasMeta)
    }
}

/// Somebody who gets a channel's segments as messages. It has a place in the channel, and nothing that waits for it.
final class FrameViewer: WebSocketRole {
    /// Where it is in its feed's list; the feed keeps it.
    var place = 0
    private let asked: FrameViewing
    private let name: ChannelName
    private let client: ClientAddress
    /// What somebody keeps for it: it is let go of with the connection.
    private let held: (any AnyObject & Sendable)?
    private let lane: RelayLane
    private var feed: FrameFeed?
    private var connection: WebSocketConnection?
    /// Where the channel was when the viewer came; nil where there was none.
    private var arrival: (next: SequenceNumber, newest: SequenceNumber?)?
    /// What it gets; nil until it is known what the channel carries.
    private var mode: FrameViewing.Mode?
    /// The lowest number that it has not been sent.
    private var wanted = SequenceNumber.zero
    private var skippedCount = 0
    /// How many of these the metrics have.
    private var countedSkips = 0
    /// Whether a number was asked for, or one has been sent: what comes between is skipped.
    private var hasBegun = false
    private var restartCount = 0
    private var isAdvancing = false
    /// Messages that one viewer is sent in a row; then others have their turn.
    private static let messagesPerTurn = 64

    init(
        _ asked: FrameViewing, of name: ChannelName, for client: ClientAddress,
        holding held: (any AnyObject & Sendable)? = nil, on lane: RelayLane
    ) {
        self.asked = asked
        self.name = name
        self.client = client
        self.held = held
        self.lane = lane
    }

    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        let feed = lane.feed(of: name)
        self.feed = feed
        restartCount = feed.restartCount
        do throws(WebSocketEnding) {
            try feed.add(self)
            if case .live = feed.standing { arrival = (feed.next, feed.newest?.number) }
            advance()
        } catch {
            self.feed = nil
            connection.close(error)
        }
    }

    /// Settles what it gets, and from where on.
    private func begin(with mode: FrameViewing.Mode) {
        self.mode = mode
        switch asked.start ?? (mode == .latest ? .current : .next) {
        case .number(let number): (wanted, hasBegun) = (number, true)
        // Who waits for a channel wants all of it.
        case .next: wanted = arrival?.next ?? .zero
        case .current where mode == .latest: break
        case .current: wanted = arrival.map { $0.newest ?? $0.next } ?? .zero
        }
    }

    func received(_ bytes: ByteBuffer, isText: Bool, begins: Bool, ends: Bool) throws(WebSocketEnding) {
        throw WebSocketEnding(1008, "viewers send nothing; connect with ?publish=1 to publish")
    }

    func becameWritable() { advance() }

    func closed(_: WebSocketEnding?) {
        connection = nil
        feed?.remove(self)
        feed = nil
    }

    /// Sends what it wants and can take.
    func advance() {
        guard let feed, let connection, connection.isOpen, !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        if mode == nil, let mode = asked.mode ?? feed.suitingMode { begin(with: mode) }
        if restartCount != feed.restartCount {
            restartCount = feed.restartCount
            (wanted, hasBegun) = (feed.restartNumber, false)
        }
        switch mode {
        case .latest: sendNewest(of: feed, connection)
        case .all: sendAll(of: feed, connection)
        case nil: if case .over(let ending) = feed.standing { connection.close(ending) }
        }
    }

    private func sendNewest(of feed: FrameFeed, _ connection: WebSocketConnection) {
        guard !connection.isSending else { return }
        while !connection.isSending, let newest = feed.newest, newest.number >= wanted { send(newest, connection) }
        if case .over(let ending) = feed.standing, feed.newest.map({ $0.number < wanted }) ?? true {
            connection.close(ending)
        }
    }

    private func sendAll(of feed: FrameFeed, _ connection: WebSocketConnection) {
        for _ in 0..<Self.messagesPerTurn {
            guard connection.isWritable else { return }
            switch feed.lookUp(wanted) {
            case .message(let message): send(message, connection)
            case .broken:
                skippedCount += 1
                wanted = wanted.next ?? wanted
            case .later: return
            case .gone:
                return connection.close(
                    WebSocketEnding(4000, "too slow: segment \(wanted) has left the relay's window"))
            case .over(let ending): return connection.close(ending)
            }
        }
        lane.turns.append(isMedia: true) { [weak self] in self?.advance() }
    }

    private func send(_ message: FrameMessage, _ connection: WebSocketConnection) {
        if hasBegun { skippedCount += max(0, message.number.value - wanted.value) }
        hasBegun = true
        wanted = message.number.next ?? message.number
        var parts = message.frames
        if asked.hasMeta {
            let meta = message.description(skipped: skippedCount)
            parts.insert(WebSocketFrames.whole(.text, meta.utf8), at: 0)
        }
        connection.send(parts)
        feed?.handedOver(message.wireByteCount, skippedCount: skippedCount - countedSkips, to: client)
        countedSkips = skippedCount
    }
}
