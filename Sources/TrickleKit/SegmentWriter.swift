import Synchronization
import TrickleCore

/// One segment that is being published. Ends with ``finish()`` or ``abort()``; letting go of it aborts it.
public final class SegmentWriter: Sendable {
    /// The most bytes that wait here for the network: 256 KiB. Beyond it writing suspends.
    public static let maximumBufferedBytes = 256 << 10

    private let upload: SegmentUpload
    private let publisher: Publisher

    private enum Phase {
        case untouched
        case writing
        case ended
    }

    private let phase = Mutex(Phase.untouched)

    init(upload: SegmentUpload, publisher: Publisher) {
        self.upload = upload
        self.publisher = publisher
    }

    deinit { abort() }

    public var sequence: SequenceNumber { upload.sequence }

    /// Hands bytes to the network. Suspends while the relay is slower than the caller. For one task at a time.
    ///
    /// - Throws: ``TrickleError`` when the segment cannot be delivered any more; `CancellationError`, after which the segment
    ///   is aborted.
    public func write(_ bytes: [UInt8]) async throws { try await write(bytes[...]) }

    /// The same for a part of an array.
    public func write(_ bytes: ArraySlice<UInt8>) async throws {
        if bytes.isEmpty { return }
        let before = phase.withLock { phase in
            defer { if phase == .untouched { phase = .writing } }
            return phase
        }
        switch before {
        case .untouched: publisher.began(upload)
        case .writing: break
        case .ended: throw TrickleError(.misuse, "segment \(sequence) was written to after its end")
        }
        do { try await upload.write(bytes) } catch let error as TrickleError {
            publisher.note(error)
            throw error
        }
        publisher.wrote(bytes.count)
    }

    /// Ends the segment and returns when the relay has all of it.
    ///
    /// - Throws: ``TrickleError`` when the relay did not get the segment whole; `CancellationError`, after which the segment
    ///   is aborted.
    public func finish() async throws {
        guard takeEnd() != .ended else { throw TrickleError(.misuse, "segment \(sequence) was ended twice") }
        upload.end()
        publisher.ended()
        try await publisher.awaitOutcome(of: upload)
    }

    /// Ends the segment without waiting for the relay's answer, so that the next one can begin at once on a long way.
    ///
    /// A failure is thrown by the publisher's ``Publisher/nextSegment()`` or ``Publisher/close()``. Does nothing after the end.
    public func finishWithoutWaiting() {
        guard takeEnd() != .ended else { return }
        upload.end()
        publisher.addUnacknowledged(upload)
        publisher.ended()
    }

    /// Breaks the segment off: its readers are told that it is not whole. Does nothing after the end.
    ///
    /// Where nothing has left yet there is nothing to break: the number goes to the next writer, or ends empty.
    public func abort() {
        let before = takeEnd()
        if before != .ended { publisher.abandon(upload, isUntouched: before == .untouched) }
    }

    private func takeEnd() -> Phase {
        phase.withLock { phase in
            defer { phase = .ended }
            return phase
        }
    }
}
