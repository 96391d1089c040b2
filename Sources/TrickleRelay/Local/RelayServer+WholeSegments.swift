import NIOCore
import TrickleCore

extension RelayServer {
    /// Publishes bytes that are there as a channel's next segment, as a POST of a client's would.
    ///
    /// - Parameters:
    ///   - contentType: what the channel carries if nobody has said so.
    ///   - windowDuration: how long a channel that is made by this keeps its segments.
    /// - Returns: the segment's number, and what the readers' bytes are held back by: they get them once it has been let go of.
    /// - Throws: ``TrickleError``: `channelTaken` while somebody owns the channel, `channelNotFound` where requests make no channels, `refused`,
    ///   `relayBusy`.
    public func publish(
        _ bytes: ByteBuffer, to channel: ChannelName, contentType: String, windowDuration: Duration,
        for client: ClientIdentity
    ) throws(TrickleError) -> (number: SequenceNumber, readers: any AnyObject & Sendable) {
        var request = PublishRequest(.next, contentType: contentType)
        request.client = client.household.hashValue
        request.byteCount = bytes.readableBytes
        let piece = bytes.readableBytes > 0 ? EncodedPiece(payload: bytes.readableBytesView) : nil
        let (answer, wakes) = try refusing("publish '\(channel)'") { () throws(RelayRefusal) in
            try store.performHoldingWakes { (store, now) throws(RelayRefusal) in
                let id = try store.openPublication(in: channel, request, on: Lane(0), now: now)
                store.keepNewChannel(channel, for: windowDuration)
                if let piece { _ = try store.append(piece, to: id, now: now) }
                return try store.finish(id, now: now)
            }
        }
        switch answer {
        case .taken(let number): return (number, wakes)
        case .ended(let end): throw TrickleError(end, channel: channel, sequence: .zero)
        }
    }
}
