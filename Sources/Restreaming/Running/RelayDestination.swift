import CommandFrame
import Logging
import Publishing
import Synchronization
import TrickleKit

/// A relay that is reached by its URL.
package struct RelayDestination: ChannelDestination {
    private let options: RelayOptions
    private let maximumBehind: Int
    /// All publishers of the program are one to the relay.
    private let publisherID = PublisherID()

    /// - Parameter maximumBehind: How many segments of a source that cannot wait may wait before one is dropped.
    package init(_ options: RelayOptions, maximumBehind: Int = 3) {
        self.options = options
        self.maximumBehind = maximumBehind
    }

    package func open(_ channel: ChannelName, logger: Logger) async throws -> any OpenChannel {
        let configuration = options.configuration(logger: logger)
        let url = options.url
        let makePublisher: @Sendable () async throws -> Publisher = { [publisherID] in
            let publisher = Publisher(relay: url, channel: channel, configuration: configuration, id: publisherID)
            try await publisher.open()
            return publisher
        }
        return RemoteChannel(
            try await makePublisher(), maximumBehind: maximumBehind, makePublisher: makePublisher)
    }
}

/// A channel of a relay on the network.
private final class RemoteChannel: OpenChannel {
    let hadSegments: Bool
    private let maximumBehind: Int
    private let makePublisher: @Sendable () async throws -> Publisher
    private let publisher: Mutex<Publisher>

    init(
        _ publisher: Publisher, maximumBehind: Int, makePublisher: @escaping @Sendable () async throws -> Publisher
    ) {
        hadSegments = publisher.nextSequence != .zero
        self.publisher = Mutex(publisher)
        self.maximumBehind = maximumBehind
        self.makePublisher = makePublisher
    }

    func publish<Result: Sendable>(
        waits: Bool, _ body: @escaping @Sendable (any SegmentOutlet) async throws -> Result
    ) async throws -> Result {
        let publisher = publisher.withLock { $0 }
        if waits {
            return try await body(RemoteOutlet(publisher) { try await self.replacePublisher() })
        }
        let live = LivePublisher(publisher, maximumBehind: maximumBehind)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await live.run()
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

    func close() async throws {
        try await publisher.withLock { $0 }.close(settlingFor: Publisher.settlingAfterStop)
    }

    private func replacePublisher() async throws -> Publisher {
        let new = try await makePublisher()
        publisher.withLock { $0 = new }
        return new
    }
}

/// Writes segments one after the other. A channel that the relay has closed, because nothing came for long, is made anew.
private struct RemoteOutlet: SegmentOutlet {
    private var segments: SegmentSequenceWriter
    private let replace: @Sendable () async throws -> Publisher

    init(_ publisher: Publisher, replace: @escaping @Sendable () async throws -> Publisher) {
        segments = SegmentSequenceWriter(publisher)
        self.replace = replace
    }

    var sequence: SequenceNumber? { segments.sequence }
    var droppedCount: Int { segments.lostCount }

    mutating func begin() async throws {
        do {
            try await segments.begin()
        } catch let error as TrickleError where error.isEndOfChannel {
            segments = SegmentSequenceWriter(try await replace())
            try await segments.begin()
        }
    }

    mutating func write(_ bytes: [UInt8]) async throws { try await segments.write(bytes) }
    mutating func finish() async throws { try await segments.finish() }
}

extension TrickleError {
    /// Whether the channel is no longer there.
    package var isEndOfChannel: Bool { code == .channelClosed || code == .channelNotFound }
}
