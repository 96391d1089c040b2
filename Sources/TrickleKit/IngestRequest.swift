import TrickleCore

/// A whole segment on its way to a relay that gives it its number: `POST /ingest/NAME` (docs/frames.md).
///
/// The channel is made when it is not there. Redirects are not followed: what is sent is for that relay alone.
package struct IngestRequest: Sendable {
    package struct Answer: Sendable {
        /// nil where the relay does not tell it.
        package var sequence: SequenceNumber?
        /// Whether other requests may share the connection meanwhile.
        package var isMultiplexed: Bool
    }

    /// More than any relay says to a segment: 4 KiB.
    private static let answerLimit = 4 << 10

    private let route: ChannelRoute
    private let transfer: Transfer

    /// - Parameters:
    ///   - bytes: The segment.
    ///   - isNewConnectionWanted: Whether the connections that are there may be dead.
    package init(
        _ bytes: [UInt8], contentType: String, to channel: ChannelName, at relay: RelayURL,
        configuration: ClientConfiguration, onNewConnection isNewConnectionWanted: Bool = false
    ) {
        route = ChannelRoute(relay: relay, channel: channel, configuration: configuration)
        var request = TransferRequest(
            method: .post, peer: .relay(relay), url: relay.ingestURL(channel: channel), configuration: configuration)
        request.headers = [("Content-Type", contentType)]
        request.body = bytes
        request.timeLimit = configuration.connectTimeout + configuration.stallTimeout
        request.needsNewConnection = isNewConnectionWanted
        transfer = Transfer(request)
    }

    /// Begins to send it. Call once.
    package func start() { transfer.start() }

    /// Ends it, wherever it is.
    package func cancel() { transfer.cancel() }

    /// Waits until all of it is on its way: what is sent behind it on the same connection does not overtake it. For one task.
    ///
    /// - Throws: `CancellationError`.
    package func hasLeft() async throws { try await transfer.awaitBodySent() }

    /// Waits for the relay's answer. For one task.
    ///
    /// - Throws: ``TrickleError`` where the relay does not take it, or does not answer; `CancellationError`.
    package func answer() async throws -> Answer {
        switch try await transfer.awaitHead() {
        case .failed(let failure): throw failure.error
        case .answered(let head):
            let body = try await transfer.awaitBody(limit: Self.answerLimit) ?? []
            guard head.isSuccess else { throw refusal(head, body) }
            return Answer(sequence: head.sequence, isMultiplexed: head.isMultiplexed)
        }
    }

    private func refusal(_ head: AnswerHead, _ body: [UInt8]) -> TrickleError {
        let cannot = "cannot publish pictures as '\(route.channel)' at \(route.relay)"
        let reason: String? =
            switch head.status {
            case 413: "one is larger than the relay takes (413): lower --quality or --width"
            case 415: "the relay does not take them for pictures (415): is it of another version?"
            case 404, 405, 501: "it has no POST /ingest/NAME (\(head.status)): is it a relay that takes pictures?"
            default: nil
            }
        guard let reason else {
            return route.refusal(of: "publish pictures as '\(route.channel)'", head: head, body: body)
        }
        return TrickleError(.refused, "\(cannot): \(reason)", status: head.status)
    }
}
