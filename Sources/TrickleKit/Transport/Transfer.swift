import Suspension
import Synchronization
import TrickleCore

/// One request and its answer. The loop's thread fills it; one task reads it. Letting go of it does not end it: ``cancel()`` does.
final class Transfer: Sendable {
    /// The most bytes of an answer that wait here for their reader: 256 KiB. Beyond it the connection pauses.
    static let maximumBufferedBytes = 256 << 10

    enum HeadOutcome: Sendable {
        case answered(AnswerHead)
        case failed(TransferFailure)
    }

    /// How an answer ended.
    enum Ending: Sendable {
        /// With its proper end.
        case complete
        case failed(TransferFailure)
    }

    private struct State {
        /// Whether the body of the request is on its way, all of it.
        var hasSentBody = false
        var head: AnswerHead?
        var body: [UInt8] = []
        /// Told by a trailer.
        var abortedBy: String?
        var ending: Ending?
        /// The connection waits until the body has been read.
        var isFull = false
        var silenceLimit: Duration?
        var reader: CheckedContinuation<Void, Never>?

        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }
    }

    let request: TransferRequest
    private let onEnd: (@Sendable (Transfer) -> Void)?
    private let state = Mutex(State())

    /// `onEnd` is called once on the loop's thread when the transfer has ended, unless it was cancelled. Must not block.
    init(_ request: TransferRequest, onEnd: (@Sendable (Transfer) -> Void)? = nil) {
        self.request = request
        self.onEnd = onEnd
        state.withLock { $0.silenceLimit = request.silenceLimit }
    }

    func start() { CurlLoop.shared.submit(.start(self)) }

    /// Ends the transfer now. Its connection closes unless the answer was whole.
    func cancel() {
        let reader: CheckedContinuation<Void, Never>?
        let isRunning: Bool
        (reader, isRunning) = state.withLock { state in
            guard state.ending == nil else { return (nil, false) }
            state.ending = .failed(.cancelled)
            return (state.takeReader(), true)
        }
        reader?.resume()
        if isRunning { CurlLoop.shared.submit(.cancel(self)) }
    }

    /// More of the upload can be taken.
    func resumeUpload() { CurlLoop.shared.submit(.resumeUpload(self)) }

    /// As in the request, and until it is changed.
    var silenceLimit: Duration? {
        get { state.withLock { $0.silenceLimit } }
        set { state.withLock { $0.silenceLimit = newValue } }
    }

    var ending: Ending? { state.withLock { $0.ending } }
    var head: AnswerHead? { state.withLock { $0.head } }
    /// Who broke the segment off, as the head or a trailer tells; meaningful once the answer has ended.
    var abortedBy: String? { state.withLock { $0.abortedBy ?? $0.head?.abortedBy } }
}

// The reader's side.
extension Transfer {
    /// Waits for the head of the answer.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; the transfer ends then.
    func awaitHead() async throws -> HeadOutcome {
        while true {
            try Task.checkCancellation()
            let outcome: HeadOutcome? = state.withLock { state in
                if let head = state.head { return .answered(head) }
                if case .failed(let failure) = state.ending { return .failed(failure) }
                return nil
            }
            if let outcome { return outcome }
            await waitForChange { $0.head != nil }
        }
    }

    /// Waits until the body of the request is on its way, all of it, or the relay has answered before.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; the transfer ends then.
    func awaitBodySent() async throws {
        while !state.withLock({ $0.hasSentBody || $0.head != nil || $0.ending != nil }) {
            try Task.checkCancellation()
            await waitForChange { $0.hasSentBody || $0.head != nil }
        }
    }

    /// Waits for more of the body.
    ///
    /// - Returns: all that is there, or nil at the end: then ``ending`` tells which.
    /// - Throws: `CancellationError` when the task is cancelled; the transfer ends then.
    func nextBytes() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            let (bytes, hasEnded, wasFull) = state.withLock { state in
                var bytes: [UInt8] = []
                swap(&bytes, &state.body)
                defer { state.isFull = false }
                return (bytes, state.ending != nil, state.isFull)
            }
            if wasFull { CurlLoop.shared.submit(.resumeDownload(self)) }
            if !bytes.isEmpty { return bytes }
            if hasEnded { return nil }
            await waitForChange { !$0.body.isEmpty }
        }
    }

    /// Waits for the end of an answer whose body is short.
    ///
    /// - Returns: its bytes; nil when they are more than `limit`, which ends the transfer.
    func awaitBody(limit: Int) async throws -> [UInt8]? {
        var body: [UInt8] = []
        while let bytes = try await nextBytes() {
            body += bytes
            if body.count > limit {
                cancel()
                return nil
            }
        }
        return body
    }

    /// What is there of the body, taken without waiting.
    func takeBufferedBody() -> [UInt8] {
        state.withLock { state in
            var bytes: [UInt8] = []
            swap(&bytes, &state.body)
            return bytes
        }
    }

    private func waitForChange(_ isThere: @Sendable (borrowing State) -> Bool) async {
        await state.wait(
            unless: { $0.ending != nil || isThere($0) },
            keep: { state, continuation in
                precondition(state.reader == nil, "two tasks read the same answer at once")
                state.reader = continuation
            },
            onCancel: { cancel() })
    }
}

// The loop's side.
extension Transfer {
    func received(_ head: AnswerHead) {
        state.withLock { state in
            state.head = head
            if request.isSilenceLimitedToWait { state.silenceLimit = nil }
        }
    }

    /// The connection has taken the last byte of the request's body.
    func sentBody() {
        let reader = state.withLock { state in
            if state.hasSentBody { return nil as CheckedContinuation<Void, Never>? }
            state.hasSentBody = true
            return state.takeReader()
        }
        reader?.resume()
    }

    func receivedTrailer(abortedBy: String) {
        state.withLock { $0.abortedBy = abortedBy }
    }

    /// - Returns: false when there is no room: the connection shall pause and offer the bytes again.
    func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            if state.body.count >= Self.maximumBufferedBytes {
                state.isFull = true
                return false
            }
            state.body.append(contentsOf: bytes)
            return true
        }
    }

    /// Lets the reader go on with what has come.
    func wakeReader() {
        state.withLock { $0.takeReader() }?.resume()
    }

    func ended(_ ending: Ending) {
        let isFirst = state.withLock { state in
            guard state.ending == nil else { return false }
            state.ending = ending
            return true
        }
        guard isFirst else { return }
        wakeReader()
        onEnd?(self)
    }
}

extension TransferFailure {
    fileprivate static let cancelled = TransferFailure(
        kind: .permanent, error: TrickleError(.misuse, "the transfer was ended by this program"))
}
