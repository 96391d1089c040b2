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

    private let transfer: Transfer
    private let shownURL: String

    /// - Parameters:
    ///   - url: `http://` or `https://`, with credentials if it has some.
    ///   - shownURL: the same as it may stand in a message.
    public init(_ url: String, shownAs shownURL: String, configuration: ClientConfiguration) {
        self.shownURL = shownURL
        var request = TransferRequest(method: .get, peer: .media(shownURL), url: url, configuration: configuration)
        request.isAnsweredAtOnce = false
        // One that was kept may be dead, and say so by its silence alone.
        request.needsNewConnection = true
        request.maximumRedirections = Self.maximumRedirections
        transfer = Transfer(request)
    }

    deinit { transfer.cancel() }

    /// Asks for it, and returns when its bytes begin to come.
    ///
    /// - Throws: ``TrickleError`` when the server is not there, or has no such thing; `CancellationError`.
    public func open() async throws {
        transfer.start()
        switch try await transfer.awaitHead() {
        case .failed(let failure): throw failure.error
        case .answered(let head) where head.isSuccess: return
        case .answered(let head):
            transfer.cancel()
            throw TrickleError(
                .refused, "cannot read \(shownURL): the server answers \(head.status)", status: head.status)
        }
    }

    /// The next bytes, at most 256 KiB; nil at the end. The server waits while nobody asks for more.
    ///
    /// - Throws: ``TrickleError`` when the connection breaks; `CancellationError`.
    public func next() async throws -> [UInt8]? {
        if let bytes = try await transfer.nextBytes() { return bytes }
        if case .failed(let failure) = transfer.ending { throw failure.error }
        return nil
    }

    /// Ends it: ``open()`` and ``next()`` throw.
    public func cancel() { transfer.cancel() }
}
