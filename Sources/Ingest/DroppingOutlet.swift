import Logging
import TrickleKit
import TrickleRelay

/// Writes what a client sends into a channel of this relay. A segment that the relay has no room for is dropped whole, and the next is tried:
/// the stream is live, and does not come again.
struct DroppingOutlet: SegmentOutlet {
    private let publisher: LocalPublisher
    private let logger: Logger
    /// nil between segments, and while one is dropped.
    private var current: LocalSegmentWriter?
    private(set) var sequence: SequenceNumber?
    private(set) var droppedCount = 0
    /// Whether the segment before was dropped, too.
    private var isDropping = false

    init(_ publisher: LocalPublisher, logger: Logger) {
        self.publisher = publisher
        self.logger = logger
    }

    mutating func begin() throws {
        try finish()
        do {
            let segment = try publisher.nextSegment()
            (current, sequence, isDropping) = (segment, segment.sequence, false)
        } catch let error as TrickleError where error.code == .relayBusy {
            drop(because: error)
        }
    }

    mutating func write(_ bytes: [UInt8]) throws {
        guard let current else { return }
        do { try current.write(bytes) } catch let error as TrickleError where Self.losesOneSegment(error) {
            drop(because: error)
        }
    }

    mutating func finish() throws {
        let ending = current
        current = nil
        do { try ending?.finish() } catch let error as TrickleError where Self.losesOneSegment(error) {
            drop(because: error)
        }
    }

    /// One that was too large, or given up for want of memory; a GOP without an end is no reason to end the stream.
    private static func losesOneSegment(_ error: TrickleError) -> Bool {
        error.code == .relayBusy || error.code == .segmentAborted || error.status == 413
    }

    private mutating func drop(because error: TrickleError) {
        current = nil
        droppedCount += 1
        if !isDropping { logger.warning("drops whole segments: \(error.message)") }
        isDropping = true
    }
}
