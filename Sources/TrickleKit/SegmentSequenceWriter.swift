import TrickleCore

/// Writes the segments of a channel one after the other. The answer for one is not waited for before the next begins: its first byte is
/// worth more.
public struct SegmentSequenceWriter: Sendable {
    private let publisher: Publisher
    private var current: SegmentWriter?

    /// - Parameter publisher: opened already; whoever opened it closes it.
    public init(_ publisher: Publisher) { self.publisher = publisher }

    /// The number of the segment that was begun last.
    public var sequence: SequenceNumber? { current?.sequence }

    /// Ends the segment before, and begins the next.
    ///
    /// - Throws: as ``Publisher/nextSegment()``.
    public mutating func begin() async throws {
        current?.finishWithoutWaiting()
        current = nil
        current = try await publisher.nextSegment()
    }

    /// Adds to the segment that was begun last.
    ///
    /// - Throws: as ``SegmentWriter/write(_:)``.
    public func write(_ bytes: [UInt8]) async throws {
        guard let current else { preconditionFailure("a segment is begun before it is written") }
        try await current.write(bytes)
    }

    /// Breaks the segment off.
    public mutating func abort() {
        current?.abort()
        current = nil
    }

    /// Waits until the relay has all of the last segment.
    public mutating func finish() async throws {
        try await current?.finish()
        current = nil
    }
}
