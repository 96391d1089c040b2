import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes to a pipe, terminal or file, and suspends while that takes no more: the back-pressure of a slow reader.
///
/// The descriptor stays as it is, blocking, because other processes share it; a thread of its own does the waiting.
/// One write at a time. A cancelled write that the other side does not take is left behind to that thread.
public final class DescriptorWriter: Sendable {
    /// How the other side takes a write.
    public enum Outcome: Equatable, Sendable {
        case written
        /// The reader has closed its end (`EPIPE`).
        case closedByReader
    }

    private typealias Continuation = CheckedContinuation<Outcome, any Error>

    private struct State {
        var job: [UInt8]?
        var writer: Continuation?
        var isClosed = false
        var isAbandoned = false
    }

    private let descriptor: OwnedDescriptor
    private let what: String
    private let wakeup: Wakeup
    private let state = Mutex(State())
    private let work = ThreadSemaphore()

    /// - Parameters:
    ///   - descriptor: Where to write.
    ///   - what: Its name in error messages, such as "standard output".
    public init(_ descriptor: OwnedDescriptor, what: String) throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        self.descriptor = descriptor
        self.what = what
        wakeup = try Wakeup()
        try DedicatedThread.start { [self] in writeAll() }
    }

    /// Writes all of `bytes`.
    ///
    /// - Throws: ``SystemError``, for example with `ENOSPC`; `CancellationError`.
    public func write(_ bytes: [UInt8]) async throws -> Outcome {
        try Task.checkCancellation()
        if bytes.isEmpty { return .written }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal: Result<Outcome, any Error>? = state.withLock { state in
                    if state.isAbandoned { return .failure(CancellationError()) }
                    if state.isClosed { return .success(.closedByReader) }
                    precondition(state.job == nil, "one write at a time")
                    state.job = bytes
                    state.writer = continuation
                    return nil
                }
                if let refusal { continuation.resume(with: refusal) } else { work.signal() }
            }
        } onCancel: {
            wakeup.wake()
            let writer = state.withLock { state in
                state.isAbandoned = true
                defer { state.writer = nil }
                return state.writer
            }
            writer?.resume(throwing: CancellationError())
        }
    }

    /// Finishes when the last reader of the pipe has gone, even while nothing is written.
    ///
    /// Where the system gives no thread for that, only the next write finds out.
    public func readerDeparture() -> AsyncStream<Never> {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        try? DedicatedThread.start { [self] in
            // Without events to wait for, only errors end the wait, and a pipe without a reader is one.
            _ = wakeup.wait(for: descriptor.rawValue, 0)
            continuation.finish()
        }
        return stream
    }

    /// Closes the descriptor after the write in hand, so that a reader finds its end.
    public func close() {
        let isIdle = state.withLock { state in
            state.isClosed = true
            return state.job == nil
        }
        if isIdle { work.signal() }
    }

    private func writeAll() {
        while true {
            work.wait()
            if let job = state.withLock({ state in state.job }) {
                let result = perform(job)
                let writer = state.withLock { state in
                    state.job = nil
                    defer { state.writer = nil }
                    return state.writer
                }
                writer?.resume(with: result)
            }
            if state.withLock({ state in state.isClosed }) { return descriptor.close() }
        }
    }

    private func perform(_ bytes: [UInt8]) -> Result<Outcome, any Error> {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                guard wakeup.wait(for: descriptor.rawValue, Int32(POLLOUT)) else {
                    return .failure(CancellationError())
                }
                let count = writeDescriptor(descriptor.rawValue, UnsafeRawBufferPointer(rebasing: rest))
                if count >= 0 {
                    rest = rest[(rest.startIndex + count)...]
                } else if errno == EPIPE {
                    return .success(.closedByReader)
                } else if errno != EINTR && errno != EAGAIN {
                    return .failure(SystemError("write to \(what)"))
                }
            }
            return .success(.written)
        }
    }
}

// The method of the same name hides the C function.
private func writeDescriptor(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
