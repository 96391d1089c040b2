import Synchronization
import TrickleCore

/// The bytes of a segment in pieces, each as soon as it is there, of at most 320 KiB.
///
/// It ends at the segment's proper end. A segment that is not whole ends with a ``TrickleError`` whose code is `segmentAborted`
/// or `segmentCut`, after all the bytes that came; the sequence of segments goes on after either. A slow reader
/// slows the transfer down; one that falls out of the relay's window is cut.
public struct SegmentBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    private let source: Source

    init(_ transfer: Transfer, sequence: SequenceNumber, tally: Subscriber.Tally) {
        source = Source(transfer, sequence: sequence, tally: tally)
    }

    /// All iterators share the bytes: each piece goes to one of them.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: Source

        /// - Returns: nil at the segment's proper end.
        /// - Throws: ``TrickleError`` where the segment is not whole; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? { try await source.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await source.next()
        }
    }
}

extension SegmentBody {
    /// The transfer behind a body, which ends when nobody holds the body any more.
    fileprivate final class Source: Sendable {
        private let transfer: Transfer
        private let sequence: SequenceNumber
        private let tally: Subscriber.Tally
        /// The end was reached, and told where it was no proper one.
        private let hasEnded = Mutex(false)

        init(_ transfer: Transfer, sequence: SequenceNumber, tally: Subscriber.Tally) {
            self.transfer = transfer
            self.sequence = sequence
            self.tally = tally
        }

        deinit { transfer.cancel() }

        func next() async throws -> [UInt8]? {
            if let bytes = try await transfer.nextBytes() {
                tally.count { $0.bytes += bytes.count }
                return bytes
            }
            let isFirst = hasEnded.withLock { hasEnded in
                defer { hasEnded = true }
                return !hasEnded
            }
            guard isFirst else { return nil }
            if case .failed(let failure) = transfer.ending {
                tally.count { $0.segmentsCut += 1 }
                throw TrickleError(
                    .segmentCut,
                    "segment \(sequence) was cut off: this reader is too slow for the relay's window, or the connection broke",
                    underlying: failure.error)
            }
            if let publisher = transfer.abortedBy {
                tally.count { $0.segmentsAborted += 1 }
                throw TrickleError(
                    .segmentAborted, "segment \(sequence) is not whole: it was broken off by the \(publisher)")
            }
            return nil
        }
    }
}
