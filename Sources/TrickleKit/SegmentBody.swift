import Synchronization
import TrickleCore

/// The bytes of a segment in pieces, each as soon as it is there, of at most 320 KiB.
///
/// It ends at the segment's proper end. A connection that breaks under way is replaced, and the bytes go on where they stopped, if the
/// relay announces `range`. A segment that is not whole ends with a ``TrickleError`` whose code is `segmentAborted` or `segmentCut`, after
/// all the bytes that came; the sequence of segments goes on after either. A slow reader slows the transfer down; one that falls out of
/// the relay's window is cut.
public struct SegmentBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    private let source: SegmentSource

    init(_ source: SegmentSource) { self.source = source }

    /// All iterators share the bytes: each piece goes to one of them.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

    /// Goes on at byte `offset` of the segment, further on or further back; what lies between is not transferred. The relay has to have all
    /// bytes before it, as ``SegmentHead/size`` tells.
    ///
    /// - Returns: false when the relay does not announce `range`; nothing changes then.
    /// - Throws: what reading throws, for example when the segment has ended before that byte.
    public func skip(to offset: Int) async throws -> Bool { try await source.skip(to: offset) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: SegmentSource

        /// - Returns: nil at the segment's proper end.
        /// - Throws: ``TrickleError``: `segmentAborted` or `segmentCut` where the segment is not whole, what the relay's absence is called where
        ///   it lasts; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? { try await source.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await source.next()
        }
    }
}
