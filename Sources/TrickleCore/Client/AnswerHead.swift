/// The head of a relay's answer, as far as it means something to a client.
public struct AnswerHead: Hashable, Sendable {
    public var status: Int
    public var sequence: SequenceNumber?
    public var latest: SequenceNumber?
    public var size: Int?
    /// The answer is the end of the channel.
    public var isChannelClosed = false
    /// Who broke the segment off, where somebody did.
    public var abortedBy: String?
    public var contentType: String?
    /// In bytes.
    public var contentLength: Int?
    public var features: RelayFeatures = []
    public var retryAfter: Duration?
    public var entityTag: String?
    /// What a relay that announces `size` says of a segment, in answer to HEAD.
    public var segmentState: SegmentState?
    /// Where the bytes of a 206 begin in their segment (RFC 9110, section 14.4).
    public var rangeStart: Int?
    /// How many bytes the whole segment has, as a 206 or 416 tells it.
    public var rangeTotal: Int?
    public var location: String?
    /// Whether other requests may share the connection meanwhile: HTTP/2.
    public var isMultiplexed = false
    /// For how long another publisher has had the channel that this one is refused.
    public var ownedFor: Duration?

    /// How far a segment is on the relay.
    public enum SegmentState: String, Hashable, Sendable {
        case waiting, open, complete, aborted
    }

    public init(status: Int) { self.status = status }

    /// Whether the status is 200 … 299.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// Whether a server that does not have the route of a request answers so.
    var lacksRoute: Bool { [400, 404, 405, 501].contains(status) }

    /// Takes one header field in. The names of HTTP's fields do not depend on case (RFC 9110, section 5.1).
    ///
    /// A field whose value breaks its rule is treated as absent.
    public mutating func take(name: String, value: String) {
        switch name.lowercased() {
        case Self.sequenceName: sequence = SequenceNumber(value)
        case Self.latestName: latest = SequenceNumber(value)
        case Self.sizeName: size = Self.count(value)
        case Self.closedName: isChannelClosed = true
        case Self.abortedName: abortedBy = value
        case Self.stateName: segmentState = SegmentState(rawValue: value)
        case Self.ownerName: ownedFor = Self.count(value).map { .seconds($0) }
        case Self.featuresName: features = RelayFeatures(headerValue: value)
        case "content-type": contentType = value
        case "content-length": contentLength = Self.count(value)
        case "retry-after": retryAfter = Self.count(value).map { .seconds($0) }
        case "etag": entityTag = value
        case "content-range": takeRange(value)
        case "location": location = value
        default: break
        }
    }

    private static let sequenceName = HeaderName.sequence.lowercased()
    private static let latestName = HeaderName.latest.lowercased()
    private static let sizeName = HeaderName.size.lowercased()
    private static let closedName = HeaderName.closed.lowercased()
    private static let abortedName = HeaderName.aborted.lowercased()
    private static let stateName = HeaderName.state.lowercased()
    private static let ownerName = HeaderName.owner.lowercased()
    private static let featuresName = HeaderName.features.lowercased()

    /// `bytes 5-9/10`, `bytes 5-9/*`, or `bytes */10`.
    private mutating func takeRange(_ value: String) {
        guard value.hasPrefix("bytes ") else { return }
        let parts = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        rangeStart = parts[0].split(separator: "-").first.flatMap { Self.count(String($0)) }
        rangeTotal = Self.count(String(parts[1]))
    }

    private static func count(_ text: String) -> Int? {
        SequenceNumber(text)?.value
    }
}
