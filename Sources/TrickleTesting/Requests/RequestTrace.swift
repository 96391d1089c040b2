/// What the bytes of a connection come to: which requests, and where one is refused. Two parsers of the same bytes that disagree
/// on this can be played off against each other (RFC 9112, section 11.2).
public struct RequestTrace: Equatable, CustomStringConvertible {
    public struct Request: Equatable {
        public var method: String
        public var target: String
        /// As much of it as has come.
        public var body: [UInt8] = []
        public var isWhole = false
    }

    public var requests: [Request] = []
    /// What follows the requests breaks the rules.
    public var isRefused = false

    public init() {}

    public var description: String {
        let told = requests.map { request in
            let body = String(decoding: request.body, as: UTF8.self).debugDescription
            return "\(request.method) \(request.target) \(body)\(request.isWhole ? "" : " …")"
        }
        return (told + (isRefused ? ["refused"] : [])).joined(separator: ", ")
    }
}
