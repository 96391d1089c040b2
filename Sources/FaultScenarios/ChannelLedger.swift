import Synchronization
import TrickleKit

/// What was published on a channel, what came out of it, and what its reader was told that it misses:
/// delivered = published − reported.
final class ChannelLedger: Sendable {
    private struct Delivery {
        var byteCount = 0
    }

    private struct State {
        /// Bytes of each segment that was published to its end.
        var published: [Int: Int] = [:]
        /// Segments that the publisher was told are not whole on the relay.
        var failed: Set<Int> = []
        var delivered: [Int: Delivery] = [:]
        /// Segments that the reader was told are missing, or not whole, and why.
        var reported: [Int: String] = [:]
        var restarts = 0
        var problems: [String] = []
        var longestSilence: Duration = .zero
        var lastBytesAt: ContinuousClock.Instant?
    }

    let name: String
    let bytes: TestBytes
    private let state = Mutex(State())

    init(_ name: String, seed: UInt64) {
        self.name = name
        bytes = TestBytes(seed: seed)
    }

    // MARK: The publisher's side

    /// The segment will have so many bytes.
    func begins(_ sequence: Int, byteCount: Int) {
        state.withLock { state in
            if state.published[sequence] != nil { state.problems.append("segment \(sequence) was published twice") }
            state.published[sequence] = byteCount
        }
    }

    func failed(_ sequence: Int) { _ = state.withLock { $0.failed.insert(sequence) } }

    func problem(_ text: String) { state.withLock { $0.problems.append(text) } }

    // MARK: The reader's side

    func skipped(_ skipped: SkippedSegments) {
        state.withLock { state in
            for number in skipped.first.value..<(skipped.first.value + skipped.count) {
                state.reported[number] = "it was skipped"
            }
        }
    }

    func opens(_ sequence: Int, isRestart: Bool) {
        state.withLock { state in
            if isRestart { state.restarts += 1 }
            if state.delivered[sequence] != nil { state.problems.append("segment \(sequence) was delivered twice") }
            if let last = state.delivered.keys.max(), sequence < last {
                state.problems.append("segment \(sequence) came after segment \(last)")
            }
            state.delivered[sequence] = Delivery()
        }
    }

    func receives(_ piece: [UInt8], of sequence: Int, now: ContinuousClock.Instant) {
        state.withLock { state in
            let offset = state.delivered[sequence]?.byteCount ?? 0
            if !bytes.hold(piece, of: sequence, from: offset) {
                state.problems.append("segment \(sequence) has wrong bytes at \(offset) … \(offset + piece.count)")
            }
            state.delivered[sequence]?.byteCount += piece.count
            if let last = state.lastBytesAt { state.longestSilence = max(state.longestSilence, now - last) }
            state.lastBytesAt = now
        }
    }

    /// - Parameter reason: nil where the segment came to its proper end.
    func ends(_ sequence: Int, because reason: String? = nil) {
        if let reason { state.withLock { $0.reported[sequence] = reason } }
    }

    // MARK: The account

    /// What the channel comes to when publisher and reader have ended.
    func balance() -> Balance {
        state.withLock { state in
            var balance = Balance(problems: state.problems.map { "\(name): \($0)" })
            balance.segments = state.published.count
            balance.publishedBytes = state.published.values.reduce(0, +)
            balance.deliveredBytes = state.delivered.values.reduce(0) { $0 + $1.byteCount }
            balance.failed = state.failed.count
            let reported = state.reported.filter { state.published[$0.key] != nil }.sorted { $0.key < $1.key }
            balance.reported = reported.count
            balance.reasons = reported.map { "\(name): segment \($0): \($1)" }
            balance.longestSilence = state.longestSilence
            for (sequence, byteCount) in state.published.sorted(by: { $0.key < $1.key }) {
                let delivery = state.delivered[sequence] ?? Delivery()
                if delivery.byteCount > byteCount {
                    balance.problems.append(
                        "\(name): segment \(sequence) has \(delivery.byteCount) bytes instead of \(byteCount)")
                } else if delivery.byteCount < byteCount, state.reported[sequence] == nil {
                    balance.problems.append(
                        "\(name): \(byteCount - delivery.byteCount) of segment \(sequence)'s \(byteCount) bytes are missing, and nobody says so"
                    )
                }
            }
            for sequence in state.delivered.keys where state.published[sequence] == nil {
                if state.delivered[sequence]!.byteCount > 0 {
                    balance.problems.append("\(name): segment \(sequence) was never published")
                }
            }
            return balance
        }
    }
}

/// What became of a channel's bytes, or of those of several channels.
public struct Balance: Sendable {
    public var segments = 0
    public var publishedBytes = 0
    public var deliveredBytes = 0
    /// Segments that the publisher was told are not whole.
    public var failed = 0
    /// Segments that the reader was told are missing or not whole.
    public var reported = 0
    /// Why, for each of them.
    public var reasons: [String] = []
    /// The longest time without a byte between two bytes.
    public var longestSilence: Duration = .zero
    /// What must not be: bytes doubled, out of place, or missing though nobody says so; hangs.
    public var problems: [String] = []

    public init(problems: [String] = []) { self.problems = problems }

    mutating func add(_ other: Balance) {
        segments += other.segments
        publishedBytes += other.publishedBytes
        deliveredBytes += other.deliveredBytes
        failed += other.failed
        reported += other.reported
        reasons += other.reasons
        longestSilence = max(longestSilence, other.longestSilence)
        problems += other.problems
    }

    /// Whether everything came through, and nobody had to be told of anything.
    public var isComplete: Bool {
        problems.isEmpty && reported == 0 && failed == 0 && publishedBytes == deliveredBytes
    }
}
