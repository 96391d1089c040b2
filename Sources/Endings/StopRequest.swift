import Synchronization

/// The wish that work should come to its end, of a signal or of whoever started it. Made once; later wishes change nothing.
public final class StopRequest: Sendable {
    private struct State {
        var isMade = false
        var signal: Int32?
        var handlers: [Int: @Sendable () -> Void] = [:]
        var lastNumber = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// The number of the signal that asked; nil while nobody has, and where it was no signal.
    public var signal: Int32? { state.withLock { $0.signal } }

    public var isMade: Bool { state.withLock { $0.isMade } }

    /// Asks for the end.
    ///
    /// - Parameter signal: The number of the signal that says so, if one does.
    /// - Returns: Whether this was the first time.
    @discardableResult
    public func make(signal: Int32? = nil) -> Bool {
        let handlers: [Int: @Sendable () -> Void]? = state.withLock { state in
            if state.isMade { return nil }
            (state.isMade, state.signal) = (true, signal)
            defer { state.handlers = [:] }
            return state.handlers
        }
        for (_, handler) in (handlers ?? [:]).sorted(by: { $0.key < $1.key }) { handler() }
        return handlers != nil
    }

    /// Has `handler` called once when the end is asked for; at once if it has been.
    ///
    /// - Returns: What takes the handler back, for work that is over long before the tool.
    @discardableResult
    public func whenMade(_ handler: @escaping @Sendable () -> Void) -> Registration {
        let number: Int? = state.withLock { state in
            if state.isMade { return nil }
            state.lastNumber += 1
            state.handlers[state.lastNumber] = handler
            return state.lastNumber
        }
        if number == nil { handler() }
        return Registration(request: self, number: number)
    }

    /// A handler that waits for the request.
    public struct Registration: Sendable {
        fileprivate let request: StopRequest
        fileprivate let number: Int?

        /// Takes the handler back. Does nothing after the request.
        public func cancel() {
            guard let number else { return }
            request.state.withLock { _ = $0.handlers.removeValue(forKey: number) }
        }
    }

    /// Returns when the end is asked for.
    public func wait() async {
        await withCheckedContinuation { continuation in
            whenMade { continuation.resume() }
        }
    }

    /// Runs `body` and cancels it when the end is asked for.
    ///
    /// - Parameters:
    ///   - grace: How long after the request it may go on, to end by itself.
    ///   - body: What is run.
    /// - Returns: What `body` returns, or nil if it was cancelled because of the request.
    public func cancelling<Value: Sendable>(
        after grace: Duration = .zero, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let task = Task { try await body() }
        let registration = whenMade {
            guard grace > .zero else { return task.cancel() }
            Task {
                try? await Task.sleep(for: grace)
                task.cancel()
            }
        }
        defer { registration.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch is CancellationError where isMade {
            return nil
        }
    }
}
