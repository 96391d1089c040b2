/// One segment that is being published. Ends with ``finish()`` or ``abort()``; letting go of it aborts it.
public final class SegmentWriter: Sendable {
    /// The most bytes that wait here for the network: 256 KiB. Beyond it ``write(_:)-([UInt8])`` suspends.
    public static let maximumBufferedBytes = 256 << 10

    public let sequence: SequenceNumber

    init(sequence: SequenceNumber) { fatalError() }

    /// Hands bytes to the network. Suspends while the relay is slower than the caller.
    ///
    /// - Throws: ``TrickleError`` when the segment cannot be delivered any more.
    public func write(_ bytes: [UInt8]) async throws { fatalError() }

    /// The same for a part of an array.
    public func write(_ bytes: ArraySlice<UInt8>) async throws { fatalError() }

    /// Ends the segment and returns when the relay has all of it.
    public func finish() async throws { fatalError() }

    /// Ends the segment without waiting for the relay's answer, so that the next one can begin at once on a long way.
    /// A failure is thrown by the publisher's next call.
    public func finishWithoutWaiting() { fatalError() }

    /// Breaks the segment off: its readers are told that it is not whole. Does nothing after the end.
    public func abort() { fatalError() }
}
