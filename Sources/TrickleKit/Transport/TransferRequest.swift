/// One HTTP request, as the transport makes it.
struct TransferRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case delete = "DELETE"
    }

    /// Whom it goes to, which says what a failure of the connection means.
    enum Peer: Sendable {
        case relay(RelayURL)
        /// Any other server, under the URL as it may be shown.
        case other(String)
    }

    var method: Method
    var peer: Peer
    /// Of a relay without credentials: those come from `peer`.
    var url: String
    var headers: [(name: String, value: String)] = []
    /// The body of a POST that trickles.
    var upload: UploadBuffer?
    /// The body of a POST that is there whole. Without either a POST is empty.
    var body: [UInt8] = []
    /// The relay owes the answer at once, so that the stall timeout holds for it. Reads that wait do not.
    var isAnsweredAtOnce = true
    /// How long all of it may take, the connection included; nil for what the timeouts of the configuration come to.
    var timeLimit: Duration?
    /// After so long without a byte from the relay a read counts as ``RequestFailure/silent``; nil waits as long as the connection is there.
    var silenceLimit: Duration?
    /// Whether that holds for the wait only: once the answer has begun, it takes as long as it takes.
    var isSilenceLimitedToWait = false
    /// A connection that is there already may be as dead as the one that the request before was on.
    var needsNewConnection = false
    var configuration: ClientConfiguration
}
