import TrickleCore

/// One channel of one relay, and how to reach it: makes the requests that concern it.
struct ChannelRoute: Sendable {
    var relay: RelayURL
    var channel: ChannelName
    var configuration: ClientConfiguration

    /// A request for the channel, or for what follows its name: a position, or `next`.
    func request(_ method: TransferRequest.Method, part: String? = nil) -> TransferRequest {
        TransferRequest(
            method: method, relay: relay, url: relay.url(channel: channel, part: part), configuration: configuration)
    }

    func create(contentType: String) -> TransferRequest {
        var request = request(.post)
        request.headers = [(HeaderName.expectContent, contentType)]
        return request
    }

    var nextNumber: TransferRequest { request(.get, part: "next") }

    /// A read, which waits for as long as the channel lives.
    func read(_ position: SegmentPosition) -> TransferRequest {
        var request = request(.get, part: position.description)
        request.isAnsweredAtOnce = false
        return request
    }

    /// The most of a short answer's body that is read: 4 KiB.
    static let shortBodyLimit = 4 << 10
}

extension AnswerHead {
    /// The answer to `next`, with the number from the body where no header tells it.
    func withLatest(fromBody body: [UInt8]?) -> AnswerHead {
        guard latest == nil, let body else { return self }
        var head = self
        let digits = body.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        head.latest = SequenceNumber(String(decoding: digits, as: UTF8.self))
        return head
    }
}
