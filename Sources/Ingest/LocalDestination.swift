import Logging
import Publishing
import Synchronization
import TrickleCore
import TrickleKit
import TrickleRelay

/// The relay in this program: no socket, and nothing that could be slow or break.
public struct LocalDestination: ChannelDestination {
    private let relay: RelayServer

    public init(relay: RelayServer) { self.relay = relay }

    package func channel(_ name: ChannelName, logger: Logger) -> any PublishedChannel {
        LocalChannel(logger: logger) { try relay.publisher(of: name) }
    }
}

private final class LocalChannel: PublishedChannel {
    private struct State {
        /// nil until it is open.
        var publisher: LocalPublisher?
        var hadSegments = false
    }

    private let logger: Logger
    private let makePublisher: @Sendable () throws -> LocalPublisher
    private let state = Mutex(State())

    init(logger: Logger, makePublisher: @escaping @Sendable () throws -> LocalPublisher) {
        self.logger = logger
        self.makePublisher = makePublisher
    }

    var hadSegments: Bool { state.withLock { $0.hadSegments } }

    func open() throws {
        let publisher = try makePublisher()
        state.withLock { state in
            state.publisher = publisher
            state.hadSegments = publisher.nextSequence != .zero
        }
    }

    func publish<Result: Sendable>(
        waits: Bool, renewing rule: RenewalRule, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result {
        guard let publisher = state.withLock({ $0.publisher }) else { preconditionFailure("a channel is opened first") }
        return try await body(
            RenewedOutlet(LocalOutlet(publisher: publisher), rule: rule, logger: logger) {
                let publisher = try self.makePublisher()
                self.state.withLock { $0.publisher = publisher }
                return LocalOutlet(publisher: publisher)
            })
    }

    func close(settlingFor limit: Duration?) { state.withLock { $0.publisher }?.close() }
}

/// Writes segments one after the other.
private struct LocalOutlet: SegmentOutlet {
    let publisher: LocalPublisher
    private var current: LocalSegmentWriter?

    init(publisher: LocalPublisher) { self.publisher = publisher }

    private(set) var sequence: SequenceNumber?
    var droppedCount: Int { 0 }

    mutating func begin() throws {
        try finish()
        let segment = try publisher.nextSegment()
        (current, sequence) = (segment, segment.sequence)
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
