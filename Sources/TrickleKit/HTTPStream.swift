import Synchronization
import TrickleCore

/// The body of any HTTP resource as it comes, such as a transport stream that does not end.
///
/// ```swift
/// let stream = HTTPStream(url, shownAs: url, configuration: configuration)
/// try await stream.open()
/// while let bytes = try await stream.next() { … }
/// ```
public final class HTTPStream: Sendable {
    /// Redirections that are followed: 10.
    public static let maximumRedirections = 10

    private struct State {
        var request: TransferRequest
        var transfer: Transfer?
        var isCancelled = false
    }

    private let state: Mutex<State>
    private let shownURL: String

    /// - Parameters:
    ///   - url: `http://` or `https://`, with credentials if it has some.
    ///   - shownURL: the same as it may stand in a message.
    public init(_ url: String, shownAs shownURL: String, configuration: ClientConfiguration) {
        self.shownURL = shownURL
        var request = TransferRequest(method: .get, peer: .other(shownURL), url: url, configuration: configuration)
        request.isAnsweredAtOnce = false
        // One that was kept may be dead, and say so by its silence alone.
        request.needsNewConnection = true
        state = Mutex(State(request: request))
    }

    deinit { cancel() }

    /// Asks for it, and returns when its bytes begin to come. Headers of the configuration go to the server of the URL alone: one that it
    /// redirects to elsewhere does not get them.
    ///
    /// - Throws: ``TrickleError`` when the server is not there, or has no such thing; `CancellationError`.
    public func open() async throws {
        for _ in 0...Self.maximumRedirections {
            let transfer = start()
            switch try await transfer.awaitHead() {
            case .failed(let failure): throw failure.error
            case .answered(let head) where head.isSuccess: return
            case .answered(let head):
                transfer.cancel()
                guard (300..<400).contains(head.status), let location = head.location else {
                    throw refusal("the server answers \(head.status)", head.status)
                }
                guard follow(location) else { throw refusal("the server redirects to what is no URL", head.status) }
            }
        }
        throw refusal("the server redirects more than \(Self.maximumRedirections) times", nil)
    }

    private func start() -> Transfer {
        let (transfer, isCancelled) = state.withLock { state in
            let transfer = Transfer(state.request)
            state.transfer = transfer
            return (transfer, state.isCancelled)
        }
        if isCancelled { transfer.cancel() } else { transfer.start() }
        return transfer
    }

    private func follow(_ location: String) -> Bool {
        state.withLock { state in
            guard let redirection = Redirection(from: state.request.url, to: location) else { return false }
            state.request.url = redirection.url
            if !redirection.isSameOrigin { state.request.configuration.headers = [] }
            return true
        }
    }

    private func refusal(_ reason: String, _ status: Int?) -> TrickleError {
        TrickleError(.refused, "cannot read \(shownURL): \(reason)", status: status)
    }

    /// The next bytes, at most 256 KiB; nil at the end. The server waits while nobody asks for more.
    ///
    /// - Throws: ``TrickleError`` when the connection breaks; `CancellationError`.
    public func next() async throws -> [UInt8]? {
        guard let transfer = state.withLock({ $0.transfer }) else { return nil }
        if let bytes = try await transfer.nextBytes() { return bytes }
        if case .failed(let failure) = transfer.ending { throw failure.error }
        return nil
    }

    /// Ends it: ``open()`` and ``next()`` throw.
    public func cancel() {
        let transfer = state.withLock { state in
            state.isCancelled = true
            return state.transfer
        }
        transfer?.cancel()
    }
}
