import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The bytes of a pipe, terminal or file in pieces, each as soon as it is there; for one reader.
///
/// A thread of its own reads. It holds at most ``maximumBufferedBytes`` and then lets the writer wait.
public final class DescriptorReader: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    /// The largest piece, which is also what a Linux pipe holds.
    public static let maximumPieceBytes = 64 << 10
    /// What is read ahead of the consumer: 256 KiB.
    public static let maximumBufferedBytes = 256 << 10

    private enum Ending {
        case endOfFile
        case failure(SystemError)
        case stopped
    }

    private struct State {
        var pieces: [[UInt8]] = []
        var byteCount = 0
        var ending: Ending?
        var consumer: CheckedContinuation<[UInt8]?, any Error>?
        /// Set while the thread waits for room.
        var isFull = false
        /// How many reads have begun, and the last of them whose time was up.
        var readCount = 0
        var lastExpired = 0
    }

    private let descriptor: OwnedDescriptor
    private let what: String
    private let isDatagrams: Bool
    private let wakeup: Wakeup
    private let state = Mutex(State())
    private let room = ThreadSemaphore()

    /// - Parameters:
    ///   - descriptor: What to read.
    ///   - what: Its name in error messages, such as "standard input".
    ///   - isDatagrams: Whether each read brings one datagram, so that an empty one is no end.
    public init(_ descriptor: OwnedDescriptor, what: String, isDatagrams: Bool = false) throws(SystemError) {
        self.descriptor = descriptor
        self.what = what
        self.isDatagrams = isDatagrams
        wakeup = try Wakeup()
        try DedicatedThread.start { [self] in readAll() }
    }

    /// Ends the sequence after what has been read so far.
    public func stop() {
        wakeup.wake()
        room.signal()
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let reader: DescriptorReader

        /// - Throws: ``SystemError``; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? { try await reader.next() }
    }

    /// The next piece, if there is one by `deadline`; nil at the end.
    ///
    /// - Throws: ``TimeIsUp``; ``SystemError``; `CancellationError`.
    public func next(by deadline: ContinuousClock.Instant) async throws -> [UInt8]? {
        let number = state.withLock { $0.readCount + 1 }
        let timer = Task {
            try await Task.sleep(until: deadline)
            let consumer = state.withLock { state in
                state.lastExpired = number
                guard state.readCount == number else { return nil as CheckedContinuation<[UInt8]?, any Error>? }
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume(throwing: TimeIsUp())
        }
        defer { timer.cancel() }
        return try await next()
    }

    /// Nothing has come by the time it was wanted. Nothing is lost: the next read gets it.
    public struct TimeIsUp: Error {}

    private func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<[UInt8]?, any Error>? = state.withLock { state in
                    state.readCount += 1
                    if !state.pieces.isEmpty {
                        let piece = state.pieces.removeFirst()
                        state.byteCount -= piece.count
                        if state.isFull {
                            state.isFull = false
                            room.signal()
                        }
                        return .success(piece)
                    }
                    if let ending = state.ending { return Self.result(of: ending) }
                    if state.lastExpired == state.readCount { return .failure(TimeIsUp()) }
                    precondition(state.consumer == nil, "a descriptor has one reader")
                    state.consumer = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            stop()
        }
    }

    private static func result(of ending: Ending) -> Result<[UInt8]?, any Error> {
        switch ending {
        case .endOfFile, .stopped: .success(nil)
        case .failure(let error): .failure(error)
        }
    }

    private func readAll() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumPieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            guard wakeup.wait(for: descriptor.rawValue, Int32(POLLIN)) else { return end(.stopped) }
            let count = read(descriptor.rawValue, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return end(.failure(SystemError("read \(what)")))
            }
            if count == 0 {
                if isDatagrams { continue }
                return end(.endOfFile)
            }
            deliver(Array(buffer[..<count]))
        }
    }

    private func deliver(_ piece: [UInt8]) {
        let (consumer, isFull) = state.withLock { state -> (CheckedContinuation<[UInt8]?, any Error>?, Bool) in
            if let consumer = state.consumer {
                state.consumer = nil
                return (consumer, false)
            }
            state.pieces.append(piece)
            state.byteCount += piece.count
            state.isFull = state.byteCount + Self.maximumPieceBytes > Self.maximumBufferedBytes
            return (nil, state.isFull)
        }
        consumer?.resume(returning: piece)
        if isFull { room.wait() }
    }

    private func end(_ ending: Ending) {
        let consumer = state.withLock { state in
            state.ending = ending
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(with: Self.result(of: ending))
    }
}
