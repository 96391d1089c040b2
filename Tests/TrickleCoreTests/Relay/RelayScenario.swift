@testable import TrickleCore

/// A store with a clock of its own, and short words for what happens to it.
struct RelayScenario {
    static let lane = Lane(0)

    var store: RelayStore<BytesPiece>
    var now = Duration.zero
    let name: ChannelName

    init(_ name: String = "cam", limits: RelayLimits = RelayLimits()) {
        store = RelayStore(limits: limits, now: .zero)
        self.name = try! ChannelName(name)
    }

    mutating func post(
        _ number: Int, resets: Bool = false, publisher: String? = nil, offset: Int = 0
    ) throws -> PublicationID {
        var request = PublishRequest(.exact(SequenceNumber(number)!), contentType: "video/MP2T")
        request.resets = resets
        request.publisher = publisher
        request.offset = offset
        return try store.openPublication(in: name, request, on: Self.lane, now: now)
    }

    mutating func create(by publisher: String?) throws {
        try store.createChannel(name, contentType: nil, publisher: publisher, now: now)
    }

    mutating func postNext() throws -> PublicationID {
        try store.openPublication(in: name, PublishRequest(.next), on: Self.lane, now: now)
    }

    @discardableResult
    mutating func append(_ text: String, to id: PublicationID) throws -> RelayStore<BytesPiece>.PublishAnswer {
        try store.append(BytesPiece(text), to: id, now: now)
    }

    @discardableResult
    mutating func finish(_ id: PublicationID) throws -> RelayStore<BytesPiece>.PublishAnswer {
        try store.finish(id, now: now)
    }

    mutating func breakOff(_ id: PublicationID) { store.breakPublication(id, now: now) }

    /// POSTs a whole segment.
    mutating func publish(_ number: Int, _ text: String) throws {
        let id = try post(number)
        if !text.isEmpty { try append(text, to: id) }
        try finish(id)
    }

    /// The bytes of the segment that a GET comes to, and its state; nil when it waits or is closed.
    mutating func read(_ position: SegmentPosition) throws -> Reading? {
        guard case .segment(let view) = try store.read(name, at: position) else { return nil }
        return content(of: view)
    }

    mutating func content(of view: SegmentView) -> Reading {
        var pieces: [BytesPiece] = []
        store.attach(view.id, on: Self.lane)
        _ = store.pull(view.id, from: 0, on: Self.lane, into: &pieces)
        store.detach(view.id, on: Self.lane)
        return Reading(
            number: view.number.value, text: String(decoding: pieces.flatMap(\.bytes), as: UTF8.self), state: view.state
        )
    }

    func wait(_ position: SegmentPosition) throws -> ReadTicket? {
        guard case .wait(let ticket, _) = try store.read(name, at: position) else { return nil }
        return ticket
    }

    /// What a waiting reader gets now; nil while it waits on.
    mutating func retry(_ ticket: ReadTicket) throws -> Reading? {
        guard case .segment(let view) = try store.retry(ticket) else { return nil }
        return content(of: view)
    }

    func next() throws -> Int { try store.next(of: name).value }
}

struct Reading: Equatable {
    var number: Int
    var text: String
    var state: SegmentView.State

    init(number: Int, text: String, state: SegmentView.State) {
        self.number = number
        self.text = text
        self.state = state
    }

    init(_ number: Int, _ text: String, _ state: SegmentView.State = .complete) {
        self.init(number: number, text: text, state: state)
    }
}

extension RelayScenario {
    /// The kept segment of that number.
    func view(_ number: SequenceNumber) throws -> SegmentView {
        guard case .segment(let view) = try store.read(name, at: .exact(number)) else {
            throw RelayRefusal.segmentNotFound(asked: number, next: try store.next(of: name))
        }
        return view
    }

    /// All that the segment has.
    func text(of id: SegmentID) -> String {
        let pieces = store.segments[id]?.pieces ?? []
        return String(decoding: pieces.flatMap { $0.bytes }, as: UTF8.self)
    }
}
