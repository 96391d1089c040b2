/// Segments between a source that cannot wait and a relay that may be slower: what falls behind is dropped whole, the oldest first.
///
/// ```
///  source ─ begin, append …, finish ─►  [ waiting … ] [ dropped: a count ] [ being sent ]  ─ take ─► relay
/// ```
/// A segment of which nothing was sent yet can be dropped; its number is still to be ended, so that nobody waits for it. One that is
/// being sent never loses a part: where it alone is more than the limit in bytes it is broken off, which its readers are told.
public struct LiveBacklog: Sendable {
    /// What is to be sent next.
    public enum Step: Equatable, Sendable {
        /// The segment before has ended, if there was one; the next begins.
        case begin
        case bytes([UInt8])
        /// The segment before has ended; the next number is to be ended without a byte, for its segment was dropped.
        case skip
        /// The segment being sent is to be broken off.
        case abort
        /// The last segment has ended, and nothing follows.
        case finish
    }

    private typealias Pieces = PieceQueue<[UInt8]>

    private enum Sending {
        case nothing
        case segment
        /// Grew beyond all limits; what comes of it is thrown away.
        case aborted(isTold: Bool)
    }

    /// How many segments may wait behind the one that is being sent.
    public let maximumBehind: Int
    /// How many bytes may wait in all.
    public let maximumByteCount: Int
    /// How many segments were dropped or broken off.
    public private(set) var droppedCount = 0
    private var sending = Sending.nothing
    /// What is left of the segment being sent. Not in the enum's case: there, each change would copy it.
    private var pieces = Pieces()
    /// Dropped segments whose numbers have not been ended yet; they come before those that wait.
    private var skipCount = 0
    private var waiting = PieceQueue<Pieces>()
    private var byteCount = 0
    /// Whether the segment that the source is in was dropped.
    private var isDiscarding = true
    private var hasFinished = false

    public init(maximumBehind: Int = 3, maximumByteCount: Int = 64 << 20) {
        precondition(maximumBehind > 0, "at least one segment has to be able to wait")
        self.maximumBehind = maximumBehind
        self.maximumByteCount = maximumByteCount
    }

    // MARK: The source's side

    /// The source begins a segment, which ends the one before.
    public mutating func begin() {
        isDiscarding = false
        waiting.append(Pieces())
        if waiting.count > maximumBehind { dropOldest() }
    }

    public mutating func append(_ bytes: [UInt8]) {
        guard !isDiscarding, !bytes.isEmpty else { return }
        byteCount += bytes.count
        if !waiting.updateLast({ $0.append(bytes) }), case .segment = sending { pieces.append(bytes) }
        while byteCount > maximumByteCount {
            if waiting.isEmpty { return abort() }
            dropOldest()
        }
    }

    /// The source has ended.
    public mutating func finish() { hasFinished = true }

    // MARK: The relay's side

    /// Takes what is to be sent next; nil while there is nothing.
    public mutating func take() -> Step? {
        switch sending {
        case .segment:
            if let bytes = pieces.popFirst() {
                byteCount -= bytes.count
                return .bytes(bytes)
            }
        case .aborted(isTold: false):
            sending = .aborted(isTold: true)
            return .abort
        case .aborted, .nothing: break
        }
        if skipCount > 0 {
            skipCount -= 1
            sending = .nothing
            return .skip
        }
        guard let next = waiting.popFirst() else { return hasFinished ? .finish : nil }
        pieces = next
        sending = .segment
        return .begin
    }
}

extension LiveBacklog {
    private mutating func dropOldest() {
        guard let oldest = waiting.popFirst() else { return }
        byteCount -= oldest.sum(\.count)
        if waiting.isEmpty { isDiscarding = true }
        skipCount += 1
        droppedCount += 1
    }

    private mutating func abort() {
        guard case .segment = sending else { return }
        byteCount -= pieces.sum(\.count)
        pieces = Pieces()
        droppedCount += 1
        isDiscarding = true
        sending = .aborted(isTold: false)
    }
}
