import NIOConcurrencyHelpers
import NIOCore

/// The body of a request while it comes, for one reader.
///
/// Ends at the body's proper end; throws ``Broken`` where the connection or the relay ends before. A reader that takes its time holds the
/// sender back.
public struct RequestBodyStream: AsyncSequence, Sendable {
    /// Why a body has no proper end.
    public enum Broken: Error, Equatable {
        case connectionLost
        case relayDraining
        /// Its sender is let in no longer.
        case accessEnded
    }

    typealias Strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    typealias Producer = NIOThrowingAsyncSequenceProducer<ByteBuffer, any Error, Strategy, Taking>

    /// What one body may have wait here and on its connection, in bytes: two pieces of up to two reads, and one read more.
    public static let maximumByteCount = 320 << 10

    /// Of pieces that wait.
    static let strategy = Strategy(lowWatermark: 1, highWatermark: 2)

    /// Is told when the reader has room for more.
    struct Taking: NIOAsyncSequenceProducerDelegate {
        let more: @Sendable () -> Void

        func produceMore() { more() }
        /// Whoever answers has all that it wants: the answer ends the request.
        func didTerminate() {}
    }

    private struct Breaking {
        var isOver = false
        var action: (@Sendable () -> Void)?
    }

    private let producer: Producer
    private let source: Producer.Source
    private let breaking = NIOLockedValueBox(Breaking())

    /// - Parameter more: called when the reader has room again, on any thread.
    init(_ more: @escaping @Sendable () -> Void) {
        let new = Producer.makeSequence(
            backPressureStrategy: Self.strategy, finishOnDeinit: true, delegate: Taking(more: more))
        (producer, source) = (new.sequence, new.source)
    }

    /// Adds what has come.
    ///
    /// - Returns: whether that is enough for now.
    func add(_ bytes: ByteBuffer) -> Bool {
        if case .stopProducing = source.yield(bytes) { true } else { false }
    }

    /// Nothing more comes.
    func finish() { source.finish() }

    /// Ends it for its reader, who gets the error behind what has come.
    public func end(_ error: any Error) {
        let action = breaking.withLockedValue { breaking in
            breaking.isOver = true
            return breaking.action.take()
        }
        action?()
        source.finish(error)
    }

    /// Calls `action` when it ends by an error, before its reader has come to that; at once where it has.
    public func whenBroken(_ action: @escaping @Sendable () -> Void) {
        let isOver = breaking.withLockedValue { breaking in
            if !breaking.isOver { breaking.action = action }
            return breaking.isOver
        }
        if isOver { action() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: producer.makeAsyncIterator()) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let base: Producer.AsyncIterator

        public mutating func next() async throws -> ByteBuffer? { try await base.next() }
    }
}
