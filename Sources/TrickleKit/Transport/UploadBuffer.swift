import Synchronization
import TrickleCore

/// The bytes of a segment between the program that writes them and the connection that takes them.
///
/// It holds at most ``maximumBytes``; then the writer waits for room.
final class UploadBuffer: Sendable {
    static let maximumBytes = SegmentWriter.maximumBufferedBytes

    enum Taken {
        case bytes(Int)
        /// Nothing is there yet: whoever adds the next byte says so.
        case nothingYet
        case end
        case abandoned
    }

    private struct State {
        var bytes: [UInt8] = []
        /// Where the bytes begin that were not taken yet.
        var start = 0
        var hasEnded = false
        var progress = SegmentPublicationState.Progress.nothingSent
        var isAbandoned = false
        /// The connection pauses until there is more.
        var isStarved = false
        var writer: CheckedContinuation<Void, Never>?

        var count: Int { bytes.count - start }

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

    var progress: SegmentPublicationState.Progress { state.withLock { $0.progress } }

    /// Whether something is there for the connection to take.
    var isOffering: Bool { state.withLock { $0.count > 0 || ($0.hasEnded && $0.progress != .endSent) } }

    // The writer's side.

    /// Adds as many bytes as there is room for.
    ///
    /// - Returns: how many were added, and whether the connection waits for them.
    func append(_ bytes: ArraySlice<UInt8>) -> (count: Int, wakesConnection: Bool) {
        state.withLock { state in
            let count = min(bytes.count, Self.maximumBytes - state.count)
            guard count > 0 else { return (0, false) }
            if state.start == state.bytes.count {
                state.bytes.removeAll(keepingCapacity: true)
                state.start = 0
            } else if state.start > Self.maximumBytes {
                state.bytes.removeFirst(state.start)
                state.start = 0
            }
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
            state.bytes = []
            state.start = 0
            if state.progress == .nothingSent { state.hasEnded = true } else { state.isAbandoned = true }
            return (state.takeWriter(), state.progress == .nothingSent)
        }
        writer?.resume()
        return isUnsent
    }

    /// Returns when there is room, or when there will never be.
    func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isAbandoned || state.hasEnded || state.count < Self.maximumBytes || Task.isCancelled {
                        return true
                    }
                    precondition(state.writer == nil, "two tasks write the same segment at once")
                    state.writer = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            wakeWriter()
        }
    }

    /// Lets a writer that waits for room look again.
    func wakeWriter() {
        state.withLock { $0.takeWriter() }?.resume()
    }

    // The connection's side.

    /// Moves bytes into `target`.
    func take(into target: UnsafeMutableRawBufferPointer) -> Taken {
        let (taken, writer): (Taken, CheckedContinuation<Void, Never>?) = state.withLock { state in
            if state.isAbandoned { return (.abandoned, nil) }
            guard state.count > 0 else {
                if state.hasEnded {
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
