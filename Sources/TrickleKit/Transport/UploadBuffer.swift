import Suspension
import Synchronization
import TrickleCore

/// The bytes of a segment between the program that writes them and the connection that takes them.
///
/// At most ``maximumBytes`` wait in it for the connection; then the writer waits for room. Where the segment can be resumed it also
/// keeps what the connection has taken, up to ``maximumKeptBytes``.
final class UploadBuffer: Sendable {
    static let maximumBytes = SegmentWriter.maximumBufferedBytes
    /// As large as a relay's segments may be by default: 64 MiB. Of a longer segment the last bytes are kept.
    static let maximumKeptBytes = 64 << 20

    enum Taken {
        case bytes(Int)
        /// Nothing is there yet: whoever adds the next byte says so.
        case nothingYet
        case end
        case abandoned
    }

    private struct State {
        var bytes: [UInt8] = []
        /// The place of the first of them in the segment.
        var base = 0
        /// Where the bytes begin that were not taken yet.
        var start = 0
        var hasEnded = false
        var progress = SegmentPublicationState.Progress.nothingSent
        var isAbandoned = false
        /// Nothing may leave yet: the segment before is still on its way.
        var isHeld = false
        /// The connection pauses until there is more.
        var isStarved = false
        var writer: CheckedContinuation<Void, Never>?

        var count: Int { bytes.count - start }

        /// Forgets the taken bytes that are more than is to be kept, many at a time, because the others move.
        mutating func trim(keeping kept: Int) {
            let surplus = start - kept
            if surplus == bytes.count {
                base += surplus
                start = 0
                bytes.removeAll(keepingCapacity: true)
            } else if surplus > max(maximumBytes, kept / 8) {
                base += surplus
                start -= surplus
                bytes.removeFirst(surplus)
            }
        }

        mutating func takeStarved() -> Bool {
            defer { isStarved = false }
            return isStarved
        }

        mutating func takeWriter() -> CheckedContinuation<Void, Never>? {
            defer { writer = nil }
            return writer
        }
    }

    private let state = Mutex(State())
    private let keptBytes: Int

    init(keepsTaken: Bool) { keptBytes = keepsTaken ? Self.maximumKeptBytes : 0 }

    /// Lets nothing leave until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }

    /// - Returns: whether the connection waits for this.
    func release() -> Bool {
        state.withLock { state in
            state.isHeld = false
            return state.takeStarved()
        }
    }

    /// How many bytes the segment has; nil until its end is known.
    var byteCount: Int? { state.withLock { $0.hasEnded ? $0.base + $0.bytes.count : nil } }

    /// How far the request has come that takes the bytes at the moment.
    var progress: SegmentPublicationState.Progress { state.withLock { $0.progress } }

    /// Whether something is there for the connection to take.
    var isOffering: Bool {
        state.withLock { !$0.isHeld && ($0.count > 0 || ($0.hasEnded && $0.progress != .endSent)) }
    }

    // The writer's side.

    /// Adds as many bytes as there is room for.
    ///
    /// - Returns: how many were added, and whether the connection waits for them.
    func append(_ bytes: ArraySlice<UInt8>) -> (count: Int, wakesConnection: Bool) {
        state.withLock { state in
            let count = min(bytes.count, Self.maximumBytes - state.count)
            guard count > 0 else { return (0, false) }
            state.trim(keeping: keptBytes)
            state.bytes.append(contentsOf: bytes.prefix(count))
            return (count, state.takeStarved())
        }
    }

    /// No more bytes will come.
    ///
    /// - Returns: whether the connection waits for this.
    func end() -> Bool {
        state.withLock { state in
            state.hasEnded = true
            return state.takeStarved()
        }
    }

    /// Nothing more is to leave. What has not begun to leave ends as an empty segment, so that nobody waits for its number.
    ///
    /// - Returns: whether that is so.
    func abandon() -> Bool {
        let (writer, isUnsent) = state.withLock { state in
            let isUnsent = state.progress == .nothingSent && state.base + state.start == 0
            state.bytes = []
            state.start = 0
            if isUnsent { state.hasEnded = true } else { state.isAbandoned = true }
            return (state.takeWriter(), isUnsent)
        }
        writer?.resume()
        return isUnsent
    }

    /// Returns when there is room, or when there will never be.
    func waitForRoom() async {
        await state.wait(
            unless: { $0.isAbandoned || $0.hasEnded || $0.count < Self.maximumBytes },
            keep: { state, continuation in
                precondition(state.writer == nil, "two tasks write the same segment at once")
                state.writer = continuation
            },
            onCancel: { wakeWriter() })
    }

    /// Lets a writer that waits for room look again.
    func wakeWriter() {
        state.withLock { $0.takeWriter() }?.resume()
    }

    // The connection's side.

    /// A new request takes the bytes from `offset` on.
    ///
    /// - Returns: whether they are still kept.
    func restart(from offset: Int) -> Bool {
        state.withLock { state in
            guard (state.base...state.base + state.bytes.count).contains(offset) else { return false }
            state.start = offset - state.base
            state.progress = .nothingSent
            state.isStarved = false
            return true
        }
    }

    /// Moves bytes into `target`.
    func take(into target: UnsafeMutableRawBufferPointer) -> Taken {
        let (taken, writer): (Taken, CheckedContinuation<Void, Never>?) = state.withLock { state in
            if state.isAbandoned { return (.abandoned, nil) }
            guard state.count > 0, !state.isHeld else {
                if state.hasEnded, !state.isHeld {
                    state.progress = .endSent
                    return (.end, nil)
                }
                state.isStarved = true
                return (.nothingYet, nil)
            }
            let count = min(state.count, target.count)
            state.bytes.withUnsafeBytes { bytes in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[state.start..<state.start + count]))
            }
            state.start += count
            state.progress = .underWay
            return (.bytes(count), state.takeWriter())
        }
        writer?.resume()
        return taken
    }
}
