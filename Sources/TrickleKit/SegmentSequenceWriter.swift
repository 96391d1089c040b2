import TrickleCore

/// Writes the segments of a channel one after the other. The answer for one is not waited for before the next begins: its first byte is
/// worth more.
///
/// A segment that the relay breaks off is a loss and no failure: its rest is dropped with a warning, and the next goes on.
public struct SegmentSequenceWriter: Sendable {
    private let publisher: Publisher
    private var current: SegmentWriter?
    private var beganAt: Duration = .zero
    private var losses = SegmentLosses()
    /// The segment was lost, and what is left of it is dropped.
    private var isDropping = false
    /// How many had got through at the last loss.
    private var finishedBefore = 0

    /// - Parameter publisher: opened already; whoever opened it closes it.
    public init(_ publisher: Publisher) { self.publisher = publisher }

    /// The number of the segment that was begun last.
    public var sequence: SequenceNumber? { current?.sequence }
    /// How many segments were lost.
    public var lostCount: Int { losses.count }

    /// Ends the segment before, and begins the next.
    ///
    /// - Throws: as ``Publisher/nextSegment()``, but for what concerns one segment only.
    public mutating func begin() async throws {
        end()
        while current == nil {
            do { current = try await publisher.nextSegment() } catch { try lost(error) }
        }
        beganAt = .now
    }

    /// Adds to the segment that was begun last.
    ///
    /// - Throws: as ``SegmentWriter/write(_:)``, but for what concerns one segment only.
    public mutating func write(_ bytes: [UInt8]) async throws {
        if isDropping { return }
        guard let current else { preconditionFailure("a segment is begun before it is written") }
        do { try await current.write(bytes) } catch {
            try lost(error)
            abort()
            isDropping = true
        }
    }

    /// Ends the segment. The relay's answer is not waited for.
    public mutating func end() {
        current?.finishWithoutWaiting()
        current = nil
        isDropping = false
    }

    /// Breaks the segment off.
    public mutating func abort() {
        current?.abort()
        current = nil
    }

    /// Ends the segment, and waits until the relay has all of it and of those before.
    public mutating func finish() async throws {
        end()
        do { try await publisher.settle() } catch { try lost(error) }
    }

    private mutating func lost(_ error: any Error) throws {
        guard let error = error as? TrickleError, error.concernsOneSegment else { throw error }
        if publisher.statistics.segmentsFinished > finishedBefore { losses.acknowledged() }
        finishedBefore = publisher.statistics.segmentsFinished
        guard losses.lost(after: .now - beganAt) else { throw error }
        publisher.route.configuration.logger.warning("\(error.message): goes on with the next")
    }
}
