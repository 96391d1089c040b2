import CommandFrame
import Logging
import Synchronization
import TrickleKit

/// A channel of a relay on the network.
final class RemoteChannel: PublishedChannel, ClosableChannel {
    private struct State {
        var publisher: Publisher
        var hadSegments = false
        /// By the publishers before.
        var bytesSentBefore = 0
        var droppedCount = 0
    }

    private let maximumBehind: Int
    private let logger: Logger
    private let makePublisher: @Sendable () -> Publisher
    private let whenOpen: @Sendable () -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - makePublisher: Makes one that is not open.
    ///   - whenOpen: Called when one has been opened.
    init(
        maximumBehind: Int, logger: Logger, makePublisher: @escaping @Sendable () -> Publisher,
        whenOpen: @escaping @Sendable () -> Void
    ) {
        self.maximumBehind = maximumBehind
        self.logger = logger
        self.makePublisher = makePublisher
        self.whenOpen = whenOpen
        state = Mutex(State(publisher: makePublisher()))
    }

    private var publisher: Publisher { state.withLock { $0.publisher } }
    var hadSegments: Bool { state.withLock { $0.hadSegments } }
    /// Segments of sources that could not wait which did not get through whole.
    var droppedCount: Int { state.withLock { $0.droppedCount } }
    /// How many bytes of segments have been sent.
    var bytesSent: Int { state.withLock { $0.bytesSentBefore + $0.publisher.statistics.bytesSent } }

    func open() async throws {
        let publisher = publisher
        try await publisher.open()
        whenOpen()
        state.withLock { $0.hadSegments = publisher.nextSequence != .zero }
    }

    /// Where its segments go; whoever writes them waits while the relay is slow.
    func outlet(renewing rule: RenewalRule) -> RenewedOutlet<SegmentSequenceWriter> {
        RenewedOutlet(SegmentSequenceWriter(publisher), rule: rule, logger: logger) {
            let publisher = self.makePublisher()
            try await publisher.open()
            self.state.withLock { state in
                state.bytesSentBefore += state.publisher.statistics.bytesSent
                state.publisher = publisher
            }
            return SegmentSequenceWriter(publisher)
        }
    }

    func publish<Result: Sendable>(
        waits: Bool, renewing rule: RenewalRule, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result {
        if waits { return try await body(outlet(renewing: rule)) }
        let live = LivePublisher(publisher, maximumBehind: maximumBehind)
        defer { state.withLock { $0.droppedCount += live.droppedCount } }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                var outlet = self.outlet(renewing: rule)
                try await live.run(into: &outlet)
                return nil
            }
            group.addTask { try await body(LiveOutlet(live)) }
            var result: Result?
            // Whichever fails ends the other.
            for try await part in group { result = part ?? result }
            guard let result else { preconditionFailure("the body returns or throws") }
            return result
        }
    }

    /// Waits until the relay has acknowledged all segments.
    func settle() async throws { try await publisher.settle() }

    func close(settlingFor limit: Duration?) async throws { try await publisher.close(settlingFor: limit) }
}
