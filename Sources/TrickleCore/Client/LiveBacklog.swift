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

    private enum Sending {
        case nothing
        case segment([[UInt8]])
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
    /// Dropped segments whose numbers have not been ended yet; they come before those that wait.
    private var skipCount = 0
    private var waiting: [[[UInt8]]] = []
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
        waiting.append([])
        if waiting.count > maximumBehind { dropOldest() }
    }

    public mutating func append(_ bytes: [UInt8]) {
        guard !isDiscarding, !bytes.isEmpty else { return }
        byteCount += bytes.count
        if !waiting.isEmpty {
            waiting[waiting.count - 1].append(bytes)
        } else if case .segment(var pieces) = sending {
            sending = .nothing
            pieces.append(bytes)
            sending = .segment(pieces)
        }
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
        case .segment(var pieces) where !pieces.isEmpty:
            sending = .nothing
            let bytes = pieces.removeFirst()
            byteCount -= bytes.count
            sending = .segment(pieces)
            return .bytes(bytes)
        case .aborted(isTold: false):
            sending = .aborted(isTold: true)
            return .abort
        case .segment, .aborted, .nothing: break
        }
        if skipCount > 0 {
            skipCount -= 1
            sending = .nothing
            return .skip
        }
        if waiting.isEmpty { return hasFinished ? .finish : nil }
        sending = .segment(waiting.removeFirst())
        return .begin
    }
}

extension LiveBacklog {
    private mutating func dropOldest() {
        byteCount -= Self.byteCount(of: waiting.removeFirst())
        if waiting.isEmpty { isDiscarding = true }
        skipCount += 1
        droppedCount += 1
    }

    private mutating func abort() {
        guard case .segment(let pieces) = sending else { return }
        byteCount -= Self.byteCount(of: pieces)
        droppedCount += 1
        isDiscarding = true
        sending = .aborted(isTold: false)
    }

    private static func byteCount(of pieces: [[UInt8]]) -> Int { pieces.reduce(0) { $0 + $1.count } }
}
