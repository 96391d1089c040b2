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
    public var location: String?

    public init(status: Int) { self.status = status }

    /// Whether the status is 200 … 299.
    public var isSuccess: Bool { (200..<300).contains(status) }

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
        case Self.featuresName: features = RelayFeatures(headerValue: value)
        case "content-type": contentType = value
        case "content-length": contentLength = Self.count(value)
        case "retry-after": retryAfter = Self.count(value).map { .seconds($0) }
        case "etag": entityTag = value
        case "location": location = value
        default: break
        }
    }

    private static let sequenceName = HeaderName.sequence.lowercased()
    private static let latestName = HeaderName.latest.lowercased()
    private static let sizeName = HeaderName.size.lowercased()
    private static let closedName = HeaderName.closed.lowercased()
    private static let abortedName = HeaderName.aborted.lowercased()
    private static let featuresName = HeaderName.features.lowercased()

    private static func count(_ text: String) -> Int? {
        SequenceNumber(text)?.value
    }
}
