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
    }

    typealias Strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    typealias Producer = NIOThrowingAsyncSequenceProducer<ByteBuffer, any Error, Strategy, Taking>
    typealias Source = Producer.Source

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

    private let producer: Producer
    private let source: Source

    /// - Parameter more: called when the reader has room again, on any thread.
    static func make(_ more: @escaping @Sendable () -> Void) -> (stream: RequestBodyStream, source: Source) {
        let new = Producer.makeSequence(
            backPressureStrategy: strategy, finishOnDeinit: true, delegate: Taking(more: more))
        return (RequestBodyStream(producer: new.sequence, source: new.source), new.source)
    }

    /// Ends it for its reader, who gets the error behind what has come.
    public func end(_ error: any Error) { source.finish(error) }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: producer.makeAsyncIterator()) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let base: Producer.AsyncIterator

        public mutating func next() async throws -> ByteBuffer? { try await base.next() }
    }
}
