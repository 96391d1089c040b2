import Logging
import Publishing
import Restreaming
import Synchronization
import TrickleCore
import TrickleRelay

/// The relay in this program: no socket, and nothing that could be slow or break.
struct LocalDestination: ChannelDestination {
    let relay: RelayServer

    func open(_ channel: ChannelName, logger: Logger) throws -> any OpenChannel {
        LocalChannel(try relay.publisher(of: channel)) { try relay.publisher(of: channel) }
    }
}

private final class LocalChannel: OpenChannel {
    let hadSegments: Bool
    private let makePublisher: @Sendable () throws -> LocalPublisher
    private let publisher: Mutex<LocalPublisher>

    init(_ publisher: LocalPublisher, makePublisher: @escaping @Sendable () throws -> LocalPublisher) {
        hadSegments = publisher.nextSequence != .zero
        self.makePublisher = makePublisher
        self.publisher = Mutex(publisher)
    }

    func publish<Result: Sendable>(
        waits: Bool, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result {
        try await body(
            LocalOutlet(publisher: publisher.withLock { $0 }) {
                let new = try self.makePublisher()
                self.publisher.withLock { $0 = new }
                return new
            })
    }

    func close() { publisher.withLock { $0 }.close() }
}

/// Writes segments one after the other. A channel that the relay has closed, because nothing came for long, is made anew.
private struct LocalOutlet: SegmentOutlet {
    var publisher: LocalPublisher
    let replace: @Sendable () throws -> LocalPublisher
    private var current: LocalSegmentWriter?

    init(publisher: LocalPublisher, replace: @escaping @Sendable () throws -> LocalPublisher) {
        self.publisher = publisher
        self.replace = replace
    }

    private(set) var sequence: SequenceNumber?
    var droppedCount: Int { 0 }

    mutating func begin() throws {
        try finish()
        do {
            current = try publisher.nextSegment()
        } catch let error as TrickleError where error.isEndOfChannel {
            publisher = try replace()
            current = try publisher.nextSegment()
        }
        sequence = current?.sequence
    }

    func write(_ bytes: [UInt8]) throws {
        guard let current else { preconditionFailure("a segment is begun before it is written") }
        try current.write(bytes)
    }

    mutating func finish() throws {
        let ending = current
        current = nil
        try ending?.finish()
    }
}
