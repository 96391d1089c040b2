import TrickleCore

/// One channel of one relay, and how to reach it: makes the requests that concern it.
struct ChannelRoute: Sendable {
    var relay: RelayURL
    var channel: ChannelName
    var configuration: ClientConfiguration
    /// Told by all that concerns the channel.
    let outages: OutageNotice

    init(relay: RelayURL, channel: ChannelName, configuration: ClientConfiguration) {
        self.relay = relay
        self.channel = channel
        self.configuration = configuration
        outages = OutageNotice(relay: relay, logger: configuration.logger)
    }

    /// A request for the channel, or for what follows its name: a position, or `next`.
    func request(_ method: TransferRequest.Method, part: String? = nil) -> TransferRequest {
        TransferRequest(
            method: method, peer: .relay(relay), url: relay.url(channel: channel, part: part),
            configuration: configuration)
    }

    /// - Parameters:
    ///   - publisher: who is going to publish: a relay that knows `resume` refuses it where another does.
    ///   - takesOver: whether that other is pushed aside.
    func create(contentType: String, publisher: PublisherID?, takesOver: Bool = false) -> TransferRequest {
        var request = request(.post)
        request.headers = [(HeaderName.expectContent, contentType)]
        if let publisher { request.headers.append((HeaderName.publisher, publisher.text)) }
        if takesOver { request.headers.append((HeaderName.reset, "1")) }
        return request
    }

    var nextNumber: TransferRequest { request(.get, part: "next") }

    /// A read, which waits for as long as the channel lives. A relay that knows `wait` is told to give a sign of life in between; one that
    /// does not is asked again each 20 s, and one of which nothing is known (nil) may be silent for the stall timeout.
    func read(_ position: SegmentPosition, features: RelayFeatures?) -> TransferRequest {
        var request = request(.get, part: position.description)
        request.isAnsweredAtOnce = false
        guard let features else {
            request.silenceLimit = configuration.stallTimeout
            return request
        }
        if features.contains(.wait) {
            let wait = min(max(1, configuration.stallTimeout.components.seconds / 2), Self.longestWait)
            request.headers.append((HeaderName.wait, String(wait)))
            request.silenceLimit = max(configuration.stallTimeout, .seconds(wait) + .milliseconds(500))
        } else {
            request.silenceLimit = Self.renewal
            request.isSilenceLimitedToWait = true
        }
        return request
    }

    /// A read of what follows on the first `offset` bytes of a segment, if it is still the one with this tag (RFC 8673; RFC 9110, section 13.1.5).
    func readRest(
        of sequence: SequenceNumber, from offset: Int, tag: String, features: RelayFeatures
    ) -> TransferRequest {
        var request = read(.exact(sequence), features: features)
        request.headers.append(("Range", "bytes=\(offset)-\(SequenceNumber.max)"))
        request.headers.append(("If-Range", tag))
        return request
    }

    /// After so long without a byte a read is made again, where the server gives no sign of life: what stands in front of it may cut
    /// connections that are silent for longer.
    private static let renewal = Duration.seconds(20)

    /// The most seconds that a relay may be told to wait: a day.
    private static let longestWait: Int64 = 86_400

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
