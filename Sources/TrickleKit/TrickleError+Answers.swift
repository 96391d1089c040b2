import TrickleCore

extension TrickleError {
    /// What an answer that refuses means to people: `what` completes "cannot …", `body` is the text that came with it, and no head
    /// is a connection that broke. `isIdentified` tells whether credentials were sent, `isReserved` whether the channel's name is one that only
    /// the relay may use.
    static func refusal(
        of what: String, head: AnswerHead?, body: [UInt8], relay: RelayURL, isIdentified: Bool = false,
        isReserved: Bool = false
    ) -> TrickleError {
        let cannot = "cannot \(what) at \(relay)"
        guard let head else {
            return TrickleError(.connectionLost, "\(cannot): the relay broke off; is it still running?")
        }
        let status = head.status
        let said = firstLine(of: body).map { ": \($0)" } ?? ""
        let (code, reason): (Code, String) =
            switch status {
            case 300..<400:
                (.refused, "it answers with a redirect (\(status)); use \(head.location ?? "the URL that it leads to")")
            case 401 where isIdentified:
                (
                    .accessDenied,
                    "the relay does not take these credentials (401\(said)); check the token, or user and password"
                )
            case 401: (.accessDenied, "the relay wants credentials (401\(said)); \(advice)")
            case 403 where isReserved: (.accessDenied, "names that begin with '_' are the relay's own (403\(said))")
            case 403 where isIdentified:
                (.accessDenied, "these credentials do not suffice for it (403\(said)); pass others")
            case 403: (.accessDenied, "the relay forbids it (403\(said)); \(advice)")
            case 413:
                (
                    .refused,
                    "a segment is larger than what stands there takes (413\(said)); an nginx in front of the relay needs 'client_max_body_size 0'"
                )
            case 409:
                (.refused, "another publisher has the channel (409\(said)); wait for its end or take another name")
            case 429, 500..<600: (.relayBusy, "the relay is full or stopping (\(status)\(said)); try again later")
            default: (.refused, "the relay refuses (\(status)\(said)); are the URL and its base path right?")
            }
        return TrickleError(code, "\(cannot): \(reason)", status: status)
    }

    private static let advice =
        "pass a token with --token or in TRICKLE_TOKEN, or user and password in the URL"

    static func channelTaken(_ channel: ChannelName, for time: Duration, status: Int) -> TrickleError {
        TrickleError(
            .channelTaken,
            "'\(channel)' has been published by another for \(time.components.seconds) s: choose another name, or --takeover",
            status: status)
    }

    static func channelNotFound(_ channel: ChannelName, relay: RelayURL) -> TrickleError {
        TrickleError(
            .channelNotFound,
            "there is no channel '\(channel)' at \(relay): check its name and that it is being published, or wait for it",
            status: 404)
    }

    static func channelClosed(_ channel: ChannelName, relay: RelayURL) -> TrickleError {
        TrickleError(
            .channelClosed, "the channel '\(channel)' at \(relay) was closed by somebody else: open it again to go on")
    }

    /// The most of a refusal's text that is shown: 200 bytes.
    private static func firstLine(of body: [UInt8]) -> String? {
        let line = body.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(200)
        let isText = !line.isEmpty && line.first != UInt8(ascii: "<") && line.allSatisfy { $0 >= 0x20 }
        return isText ? String(decoding: line, as: UTF8.self) : nil
    }
}

extension ChannelRoute {
    /// What an answer that refuses means to people. See ``TrickleError/refusal(of:head:body:relay:isIdentified:)``.
    func refusal(of what: String, head: AnswerHead?, body: [UInt8]) -> TrickleError {
        if let head, let time = head.ownedFor { return .channelTaken(channel, for: time, status: head.status) }
        let isIdentified = relay.user != nil || configuration.token != nil || configuration.headersIdentify
        return .refusal(
            of: what, head: head, body: body, relay: relay,
            isIdentified: isIdentified || configuration.useNetrc,
            isReserved: channel.isInternal && channel != .channelList && channel != .changefeed)
    }
}
