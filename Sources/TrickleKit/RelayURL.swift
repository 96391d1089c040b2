import CCurl

/// Where a relay is: `http://` or `https://`, host (IPv6 in brackets), port, base path, credentials.
///
/// `localhost:2939` is short for `http://localhost:2939`.
public struct RelayURL: Sendable, Hashable {
    /// Scheme, host, port and base path, without a slash at the end and without credentials.
    let base: String
    /// The host as people write it, for messages.
    public let host: String
    let user: String?
    let password: String?

    /// - Throws: ``InvalidRelayURL`` with what is wrong with `text`.
    public init(_ text: String) throws(InvalidRelayURL) {
        fatalError()
    }

    /// The URL of a channel, or of a segment in it, percent-encoded and without credentials.
    public func url(channel: ChannelName, position: SegmentPosition? = nil) -> String {
        url(channel: channel, part: position?.description)
    }

    /// The URL below the channel's own: a position, or `next`.
    func url(channel: ChannelName, part: String?) -> String {
        let channelURL = "\(base)/\(channel.percentEncoded)"
        guard let part else { return channelURL }
        return "\(channelURL)/\(part)"
    }
}

extension RelayURL: CustomStringConvertible {
    /// The URL without its credentials: safe to log.
    public var description: String { base }
}

/// Why a text is not the URL of a relay.
public struct InvalidRelayURL: Error, Equatable, CustomStringConvertible {
    public let text: String
    /// Completes the sentence "… is not the URL of a relay: it …".
    public let reason: String

    public var description: String {
        "'\(text)' is not the URL of a relay: it \(reason); expected something like http://localhost:2939"
    }
}
